"""Normal numbers from our own kernel are those of NumPy, to the last bit."""

import numpy as np
import pytest

from sparsesim.networks.normal import BLOCK, EDGE, standard_normal, tables
from sparsesim.networks.weights import DISTRIBUTIONS, LARGE, SyntheticWeights


def by_numpy(seed, shape):
    return np.random.Generator(np.random.SFC64(seed)).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("shape", [(0,), (1,), (7, 3), (2 * BLOCK - 1,), (2 * BLOCK + 1,), (3, 5, 11, 13)])
def test_numbers_of_any_shape_are_those_of_numpy(shape):
    drawn = standard_normal(np.random.SFC64(5), shape)
    assert drawn.shape == shape
    np.testing.assert_array_equal(drawn.view(np.int32), by_numpy(5, shape).view(np.int32))


@pytest.mark.parametrize("seed", [0, [3, 77], [2, 2**32 - 1]])
def test_millions_of_numbers_with_thousands_in_the_tails_are_those_of_numpy(seed):
    drawn, expected = standard_normal(np.random.SFC64(seed), (1 << 22,)), by_numpy(seed, (1 << 22,))
    assert np.count_nonzero(np.abs(expected) > EDGE) > 500
    np.testing.assert_array_equal(drawn.view(np.int32), expected.view(np.int32))


def test_bits_are_left_as_they_were():
    bits = np.random.SFC64(9)
    first, second = (standard_normal(bits, (50,)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_layers_of_the_ziggurat_have_equal_areas():
    widths, densities, certain = (table.astype(float) for table in tables())
    outer = widths * (1 << 23)
    # Layer i lies between the densities of its own edge and of the edge of the layer above it.
    areas = outer[2:] * (densities[1:-1] - densities[2:])
    np.testing.assert_allclose(areas, outer[0] * densities[-1], rtol=1e-3)
    np.testing.assert_allclose(certain[2:] / (1 << 23), outer[1:-1] / outer[2:], atol=1e-6)


@pytest.mark.parametrize("distribution", sorted(DISTRIBUTIONS))
def test_small_and_large_layers_are_drawn_alike(distribution):
    """A large layer takes other code; its first weights are those of a small layer of the same deviation."""
    weights = SyntheticWeights(4, distribution, std=0.5)
    if distribution == "laplace":  # draws all magnitudes before all signs
        assert np.isfinite(weights.draw("fc", (LARGE,))).all()
        return
    small, large = weights.draw("fc", (1000,)), weights.draw("fc", (LARGE + 1,))
    np.testing.assert_array_equal(small, large[:1000])


@pytest.mark.parametrize("size", [1000, LARGE])
def test_no_weight_is_zero_however_small(size):
    drawn = SyntheticWeights(0, std=1e-45).draw("fc", (size,))
    assert drawn.all()
