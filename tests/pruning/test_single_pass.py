"""A single pass over the weights gives the masks of the general way, finds what it must refuse, and takes no memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim import _jit
from sparsesim.errors import InputError
from sparsesim.pruning import Pruner, criterion_by_name, pruner_by_name
from sparsesim.pruning.single_pass import single_pass_masks
from tests.pruning.weights import example_pruners, gaussian, weights

OTHERS = [
    pruner_by_name("magnitude-global", 0.7),
    pruner_by_name("block-4x4", 0.9),
    pruner_by_name("vector-4", 0.9),
    pruner_by_name("2:4"),
]


def single_pass(pruner: Pruner, layers: dict[str, np.ndarray], threads: int = 1):
    return single_pass_masks(pruner.pattern, pruner.selector, criterion_by_name(pruner.criterion), layers, threads)


SERVED = [pruner for pruner in [*example_pruners(), *OTHERS] if single_pass(pruner, {}) is not None]
every_served = pytest.mark.parametrize("pruner", SERVED, ids=lambda pruner: pruner.name)


def general(pruner: Pruner, layers: dict[str, np.ndarray]):
    """By the way that every pruner has: an earlier mask that allows everything is served there alone."""
    return pruner.masks(layers, frozen={name: np.ones(w.shape, np.bool_) for name, w in layers.items()})


def assert_same(masks, expected):
    assert list(masks) == list(expected)
    for name, mask in masks.items():
        assert mask.dtype == np.bool_
        np.testing.assert_array_equal(mask, expected[name])


def test_which_pruners_are_served():
    names = {pruner.name for pruner in SERVED}
    assert {"none", "magnitude", "magnitude-global", "nm-2:4", "nm-1:4", "block-4x4", "vector-4", "filter"} <= names
    assert not {"threshold", "sigma", "vnm-64:2:8", "nm-pairs-4:8"} & names


@every_served
@settings(max_examples=15, deadline=None)
@given(st.lists(weights, min_size=1, max_size=2))
def test_any_weights(pruner, arrays):
    layers = {str(i): array for i, array in enumerate(arrays)}
    assert_same(single_pass(pruner, layers), general(pruner, layers))


@every_served
@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_the_number_of_threads_does_not_show(pruner, threads, monkeypatch):
    monkeypatch.setattr(_jit, "LEAST_WORK", 16)
    layers = {
        "fc": np.round(gaussian((101, 77)) * 8) / 8,
        "conv": np.round(gaussian((23, 9, 3, 3)) * 8) / 8,
        "one": gaussian((1, 50)),
    }
    assert_same(single_pass(pruner, layers, threads), general(pruner, layers))


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("round_to", [0.0, 0.25, 1e-3])
def test_a_large_array_with_ties_is_the_same_on_several_threads(threads, round_to):
    weight = gaussian((700, 500))
    if round_to:
        weight = np.round(weight / round_to) * np.float32(round_to)
    pruner = pruner_by_name("magnitude", 0.9)
    assert_same(single_pass(pruner, {"w": weight}, threads), general(pruner, {"w": weight}))


@pytest.mark.parametrize("pruner", [pruner_by_name("2:4"), pruner_by_name("block-4x4", 0.5)], ids=lambda p: p.name)
def test_a_convolution_of_many_slabs(pruner):
    layers = {"conv": gaussian((70, 130, 5, 5))}
    assert_same(single_pass(pruner, layers), general(pruner, layers))


@every_served
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(6, 60), (4, 3, 2, 2), (600, 500)], ids=str)
def test_non_finite_weights_are_refused_by_layer_and_position(pruner, bad, shape):
    weight = gaussian(shape)
    weight[-1].flat[3] = weight[-1].flat[-1] = bad
    index = [int(i) for i in np.argwhere(~np.isfinite(weight))[0]]
    with pytest.raises(InputError, match="'second' contain") as error:
        single_pass(pruner, {"first": gaussian((5, 8)), "second": weight}, 2)
    assert f"{bad} at {index}:" in str(error.value)


def test_scores_that_overflow_rank_first():
    weight = np.full((4, 8), 1e308)
    weight[:, 4:] = 1
    mask = single_pass(pruner_by_name("block-4x4", 0.5), {"w": weight})["w"]
    assert mask[:, :4].all()
    assert not mask[:, 4:].any()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["2:4", "nm-3:8", "magnitude", "block-4x4", "vector-16"])
@pytest.mark.parametrize("shape", [(1000, 4000), (300, 400, 5, 5)], ids=str)
def test_the_mask_and_little_else_is_allocated(name, shape, threads):
    pruner = pruner_by_name(name, 0.9) if ":" not in name else pruner_by_name(name)
    weight = gaussian(shape)
    single_pass(pruner, {"w": weight[:10]})
    tracemalloc.start()
    mask = single_pass(pruner, {"w": weight}, threads)["w"]
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Scores of 1 x 16 vectors take half a byte per weight, values inside the bracket a quarter.
    assert peak_bytes < 1.6 * mask.nbytes + 3e6 < 0.65 * weight.nbytes + 0.2e6


def test_large_finite_weights_are_not_refused():
    weight = np.full((3, 9), np.finfo(np.float32).max)
    assert_same(single_pass(pruner_by_name("2:4"), {"w": weight}), general(pruner_by_name("2:4"), {"w": weight}))
