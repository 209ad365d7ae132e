"""Low rank: the best factors there are, and where they save anything."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.transforms.low_rank import low_rank, saving_rank

shapes = st.sampled_from([(1, 1), (1, 7), (7, 1), (5, 5), (4, 9), (9, 4), (6, 3, 3, 3), (12, 1, 2, 1)])


def gaussian(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(shapes, st.integers(1, 12), st.integers(0, 100))
def test_no_factors_of_this_rank_are_better(shape, rank, seed):
    weight = gaussian(shape, seed)
    found = low_rank(weight, rank)
    singular = np.linalg.svd(weight.reshape(len(weight), -1).astype(np.float64), compute_uv=False)
    kept = min(rank, len(singular))
    assert found.rank == kept
    assert found.product().shape == weight.shape
    error = np.linalg.norm(weight - found.product())
    assert error == pytest.approx(np.sqrt((singular[kept:] ** 2).sum()), abs=1e-4)
    assert found.energy == pytest.approx((singular[:kept] ** 2).sum() / (singular**2).sum(), abs=1e-9)
    u = found.u.reshape(len(weight), -1)
    np.testing.assert_allclose(u.T @ u, np.eye(kept), atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(shapes, st.floats(0.05, 1), st.integers(0, 100))
def test_energy_asks_for_the_smallest_rank_that_has_it(shape, energy, seed):
    weight = gaussian(shape, seed)
    found = low_rank(weight, energy=energy)
    assert found.energy >= energy - 1e-9
    if found.rank > 1:
        assert low_rank(weight, found.rank - 1).energy < energy


def test_a_product_of_low_rank_is_found_again():
    weight = gaussian((40, 3)) @ gaussian((3, 25), 1)
    found = low_rank(weight, energy=1.0)
    assert found.rank == 3
    assert (found.u.shape, found.v.shape, found.n_weights) == ((40, 3), (3, 25), 3 * 65)
    np.testing.assert_allclose(found.product(), weight, atol=1e-4)


def test_a_convolution_becomes_channels_and_their_mixture():
    found = low_rank(gaussian((16, 4, 3, 5)), 6)
    assert found.v.shape == (6, 4, 3, 5)
    assert found.u.shape == (16, 6, 1, 1)


def test_nothing_but_zeros_has_rank_one():
    found = low_rank(np.zeros((3, 4)), energy=0.5)
    assert (found.rank, found.energy) == (1, 1.0)
    assert not found.product().any()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60))
def test_the_saving_rank_is_the_last_that_saves(outputs, inputs):
    rank = saving_rank(outputs, inputs)
    assert rank == 0 or rank * (outputs + inputs) < outputs * inputs
    assert (rank + 1) * (outputs + inputs) >= outputs * inputs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either rank or energy"),
        ({"rank": 1, "energy": 0.5}, "either rank or energy"),
        ({"rank": 0}, "rank is 0"),
        ({"energy": 0.0}, "energy is 0.0"),
        ({"energy": 1.5}, "energy is 1.5"),
        ({"energy": float("nan")}, "energy is nan"),
        ({"rank": 1, "weight": np.ones(3)}, r"shape \(3,\)"),
        ({"rank": 1, "weight": np.full((2, 2), np.inf)}, "NaN or infinity"),
    ],
)
def test_bad_requests_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        low_rank(**({"weight": np.ones((2, 2))} | arguments))
