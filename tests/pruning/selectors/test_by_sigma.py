import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.pruning import BySigma, Element, Pruner
from tests.pruning.weights import gaussian

LAYERS = {"small": gaussian((20, 30), 1) * 0.7, "conv": gaussian((8, 4, 3, 3), 2), "large": gaussian((30, 20), 3) * 1.5}


@pytest.mark.parametrize(("s", "zeros"), [(0.5, 0.383), (1.0, 0.683), (1.5, 0.866), (2.0, 0.954)])
def test_sigma_of_gaussian_weights(s, zeros):
    mask = Pruner(Element(), BySigma(s)).mask(gaussian((300, 400)) * 0.03)
    assert 1 - mask.mean() == pytest.approx(zeros, abs=0.005)


def test_sigma_is_taken_from_the_dense_weight():
    dense = gaussian((30, 40))
    pruner = Pruner(Element(), BySigma(1.0))
    mask = pruner.mask(dense)
    masked = dense * mask
    np.testing.assert_array_equal(pruner.mask(masked, dense=dense), mask)
    assert pruner.mask(masked * 0.5, dense=dense).sum() < mask.sum()
    np.testing.assert_array_equal(mask, np.abs(dense) > dense.std(dtype=np.float64))


def test_sigma_differs_from_layer_to_layer():
    for mask in Pruner(Element(), BySigma(1.0)).masks(LAYERS).values():
        assert 1 - mask.mean() == pytest.approx(0.683, abs=0.08)


def test_a_factor_that_is_not_a_number_is_refused():
    with pytest.raises(InputError, match="s=nan must be"):
        BySigma(float("nan"))
