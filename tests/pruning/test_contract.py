"""What holds for every registered pruner, whatever it prunes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.formats import format_by_name
from sparsesim.pruning import (
    VNM,
    BySparsity,
    FixedPattern,
    Pruner,
    RoundedUp,
    to_matrix,
)
from sparsesim.pruning.patterns.fixed_pattern import MatrixPattern
from sparsesim.tensors import SparseMatrix
from tests.pruning.rules import rule_of
from tests.pruning.weights import data_for, every_combination, example_pruners, gaussian, weights

PRUNERS_HERE = example_pruners()
every_pruner = pytest.mark.parametrize("pruner", PRUNERS_HERE, ids=lambda pruner: pruner.name)
every_criterion = pytest.mark.parametrize(
    "pruner", every_combination(), ids=lambda pruner: f"{pruner.name}-{pruner.criterion}"
)
SHAPES = [(6, 12), (7, 10), (1, 9), (5, 1), (1, 1), (8, 6, 3, 3), (4, 5, 1, 1), (3, 1, 5, 2)]
EMPTY = [(0, 4), (4, 0), (0, 0), (0, 3, 3, 3), (2, 0, 3, 3)]


def check(pruner: Pruner, weight: np.ndarray) -> np.ndarray:
    """The mask, after everything that must hold for it was asserted."""
    before = weight.copy()
    data = data_for(pruner, weight)
    mask = pruner.mask(weight, data=data)
    np.testing.assert_array_equal(weight, before)
    assert mask.dtype == np.bool_
    assert mask.shape == weight.shape
    check_rule(pruner, weight, mask)
    masked = np.where(mask, weight, 0).astype(weight.dtype)
    again = pruner.mask(masked, dense=weight, data=data)
    if not isinstance(pruner.pattern, FixedPattern) or rule_of(pruner.pattern).again:
        np.testing.assert_array_equal(again, mask)
    elif isinstance(pruner.pattern, VNM) and pruner.needs is None:
        np.testing.assert_array_equal(np.where(again, masked, 0), masked)
    np.testing.assert_array_equal(pruner.mask(weight, dense=weight, data=data, frozen=mask), mask)
    return mask


def check_rule(pruner: Pruner, weight: np.ndarray, mask: np.ndarray) -> None:
    """Groups stand or fall together and their number is exact; N:M quotas hold along K."""
    if isinstance(pruner.pattern, FixedPattern):
        rule_of(pruner.pattern).check(pruner.pattern, mask)
        return
    groups = pruner.pattern.group_count(weight.shape)
    kept = pruner.pattern.alive(mask)
    assert kept.size == groups
    np.testing.assert_array_equal(pruner.pattern.expand(kept, weight.shape), mask)
    if isinstance(pruner.selector, RoundedUp):
        exact = groups - round(0.6 * groups)
        assert int(kept.sum()) == min(groups, -(-exact // 4) * 4)
    elif isinstance(pruner.selector, BySparsity) and pruner.selector.scope == "row":
        rows, columns = pruner.pattern.grid(weight.shape)
        per_row = kept.reshape(rows, columns).sum(axis=1)
        assert (per_row == columns - round(pruner.sparsity * columns)).all()
    elif pruner.sparsity is not None:
        assert groups - int(kept.sum()) == round(pruner.sparsity * groups)


@every_pruner
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gaussian_weights(pruner, shape):
    check(pruner, gaussian(shape))


@every_criterion
@pytest.mark.parametrize("shape", [(7, 10), (8, 6, 3, 3), (2, 0, 3, 3)], ids=str)
def test_every_criterion_with_every_pattern(pruner, shape):
    check(pruner, gaussian(shape))


@every_pruner
@pytest.mark.parametrize("shape", EMPTY, ids=str)
def test_empty_weights(pruner, shape):
    assert check(pruner, gaussian(shape)).size == 0


@every_pruner
@pytest.mark.parametrize("shape", [(6, 12), (4, 5, 3, 3)], ids=str)
def test_all_zero_and_all_equal_weights(pruner, shape):
    check(pruner, np.zeros(shape, np.float32))
    check(pruner, np.full(shape, -2.0))


@every_pruner
@settings(max_examples=15, deadline=None)
@given(weights)
def test_any_weights(pruner, weight):
    check(pruner, weight)


@every_pruner
@settings(max_examples=15, deadline=None)
@given(weights, st.integers(0, 2**32))
def test_what_was_dropped_stays_dropped(pruner, weight, seed):
    frozen = np.random.default_rng(seed).random(weight.shape) < 0.6
    data = data_for(pruner, weight)
    mask = pruner.mask(weight, frozen=frozen, data=data)
    assert not (mask & ~frozen).any()
    whole = pruner.mask(weight, frozen=np.ones_like(frozen), data=data)
    np.testing.assert_array_equal(whole, pruner.mask(weight, data=data))
    assert not pruner.mask(weight, frozen=np.zeros_like(frozen), data=data).any()


@every_pruner
@pytest.mark.parametrize("shape", [(7, 10), (4, 6, 3, 3)], ids=str)
def test_layout_and_precision_do_not_matter(pruner, shape):
    weight = np.round(gaussian(shape) * 64).astype(np.float32) / 64
    data = data_for(pruner, weight)
    mask = pruner.mask(weight, data=data)
    reordered = np.asfortranarray(weight)
    strided = np.repeat(weight, 2, axis=1)[:, ::2]
    read_only = weight.copy()
    read_only.setflags(write=False)
    big_endian = weight.astype(">f4")
    for other in (reordered, strided, read_only, big_endian, weight.astype(np.float64), weight.astype(np.float16)):
        np.testing.assert_array_equal(pruner.mask(other, data=data), mask)


@every_pruner
def test_several_layers_keep_their_names_and_order(pruner):
    layers = {"b": gaussian((6, 8), 1), "a": gaussian((4, 3, 3, 3), 2), "c": np.empty((0, 3), np.float32)}
    data = {name: data_for(pruner, weight) for name, weight in layers.items()} if pruner.needs else None
    masks = pruner.masks(layers, data=data)
    assert list(masks) == ["b", "a", "c"]
    assert {name: mask.shape for name, mask in masks.items()} == {name: w.shape for name, w in layers.items()}
    assert pruner.masks({}) == {}


@every_pruner
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_weights_are_refused_by_layer_and_position(pruner, bad):
    weight = gaussian((4, 3, 2, 2))
    weight[2, 1, 0, 1] = weight[3, 0, 0, 0] = bad
    with pytest.raises(InputError, match=rf"'conv2' contain {bad} at \[2, 1, 0, 1\]"):
        pruner.masks({"conv1": gaussian((4, 4)), "conv2": weight})


@every_pruner
def test_wrong_arrays_are_refused(pruner):
    with pytest.raises(InputError, match=r"'fc' have shape \(3,\)"):
        pruner.mask(np.ones(3), layer="fc")
    with pytest.raises(InputError, match="'fc' are int64"):
        pruner.mask(np.ones((3, 3), np.int64), layer="fc")
    with pytest.raises(InputError, match=r"frozen mask of 'fc' is bool \(3, 2\)"):
        pruner.mask(np.ones((3, 3)), layer="fc", frozen=np.ones((3, 2), np.bool_))
    with pytest.raises(InputError, match="unknown layer in frozen 'fd'"):
        pruner.masks({"fc": np.ones((3, 3))}, frozen={"fd": np.ones((3, 3), np.bool_)})


@every_pruner
def test_the_description_is_one_line(pruner):
    assert pruner.describe()
    assert "\n" not in pruner.describe()


@pytest.mark.parametrize(
    "pruner", [p for p in PRUNERS_HERE if isinstance(p.pattern, MatrixPattern)], ids=lambda pruner: pruner.name
)
@settings(max_examples=40, deadline=None)
@given(weights)
def test_a_fixed_pattern_equals_its_definition_on_the_lowered_matrix(pruner, weight):
    expected = rule_of(pruner.pattern).define(pruner.pattern, to_matrix(weight))
    np.testing.assert_array_equal(to_matrix(pruner.mask(weight)), expected)


@pytest.mark.parametrize(
    "pruner",
    [p for p in PRUNERS_HERE if isinstance(p.pattern, FixedPattern) and not isinstance(p.pattern, MatrixPattern)],
    ids=lambda pruner: pruner.name,
)
@pytest.mark.parametrize("shape", [(4, 6, 3, 3), (5, 3, 1, 2), (2, 4, 5, 5)], ids=str)
def test_a_fixed_pattern_of_kernels_equals_its_definition(pruner, shape):
    weight = np.round(gaussian(shape, 9, np.float64) * 4) / 4  # sums are exact, so that ties are real
    np.testing.assert_array_equal(pruner.mask(weight), rule_of(pruner.pattern).define(pruner.pattern, weight))


@pytest.mark.parametrize(
    "pruner", [p for p in PRUNERS_HERE if isinstance(p.pattern, MatrixPattern)], ids=lambda pruner: pruner.name
)
def test_a_fixed_pattern_leaves_what_the_format_of_the_same_name_holds(pruner):
    weight = gaussian((5, 7, 3, 3))
    matrix = SparseMatrix.from_dense(to_matrix(np.where(pruner.mask(weight), weight, 0)))
    try:
        storage = format_by_name(pruner.name)
    except UnknownNameError:
        pytest.skip(f"no format is called {pruner.name}")
    assert storage.violation(matrix) is None
