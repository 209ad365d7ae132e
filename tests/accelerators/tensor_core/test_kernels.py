import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.tensor_core import kernels, reference


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_panel_fetches_equals_its_reference(data):
    tiles_m, tiles_n = data.draw(st.integers(0, 6)), data.draw(st.integers(0, 6))
    sizes = st.integers(0, 40)
    a = data.draw(st.lists(sizes, min_size=tiles_m, max_size=tiles_m))
    b = data.draw(st.lists(sizes, min_size=tiles_n, max_size=tiles_n))
    wave, capacity, band = (data.draw(st.integers(1, high)) for high in (8, 150, 4))
    arguments = tiles_m, tiles_n, wave, capacity
    got = kernels.panel_fetches(*arguments, np.array(a, np.int64), np.array(b, np.int64), band)
    np.testing.assert_array_equal(got, reference.panel_fetches(*arguments, a, b, band))
