"""N:M masks against a stable sort of every group."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.pruning import reference
from sparsesim.pruning.patterns.n_of_m_kernels import mark_n_of_m
from tests.pruning.weights import gaussian, wide_matrices


@settings(max_examples=150, deadline=None)
@given(wide_matrices, st.integers(1, 9), st.integers(1, 9))
def test_n_of_m_keeps_what_a_stable_sort_of_every_group_keeps(matrix, a, b):
    keep, of = min(a, b), max(a, b)
    mask = np.empty(matrix.shape, dtype=np.bool_)
    assert mark_n_of_m(matrix, keep, of, mask)
    np.testing.assert_array_equal(mask, reference.n_of_m(matrix, keep, of))


@settings(max_examples=60, deadline=None)
@given(wide_matrices)
def test_two_of_four_keeps_what_a_stable_sort_of_every_group_keeps(matrix):
    mask = np.empty(matrix.shape, dtype=np.bool_)
    assert mark_n_of_m(matrix, 2, 4, mask)
    np.testing.assert_array_equal(mask, reference.n_of_m(matrix, 2, 4))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("keep", "of"), [(2, 4), (1, 3), (3, 40)])
def test_n_of_m_tells_of_values_that_are_not_finite(bad, keep, of):
    for position in range(0, 36, 5):
        matrix = gaussian((4, 9))
        matrix.flat[position] = bad
        assert not mark_n_of_m(matrix, keep, of, np.empty((4, 9), dtype=np.bool_))
