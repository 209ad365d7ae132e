import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.pruning import ByThreshold, Element, Pruner


def test_a_weight_at_the_threshold_is_dropped():
    weight = np.array([[0.5, -0.5, 0.500001, -0.6, 0, 0.25]])
    assert Pruner(Element(), ByThreshold(0.5)).mask(weight).tolist() == [[False, False, True, True, False, False]]
    assert Pruner(Element(), ByThreshold(0)).mask(weight).tolist() == [[True, True, True, True, False, True]]


@pytest.mark.parametrize("threshold", [-1, float("inf")])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(InputError, match=f"threshold={threshold} must be"):
        ByThreshold(threshold)
