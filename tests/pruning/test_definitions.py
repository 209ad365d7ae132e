"""Every pattern with every criterion, against groups that are spelled out as labels and ranked by a plain sort."""

import numpy as np
import pytest

from sparsesim.pruning import (
    CRITERIA,
    NM,
    PRUNERS,
    Block,
    BySparsity,
    Channel,
    Element,
    Filter,
    FilterShape,
    Kernel,
    KernelPattern,
    Pruner,
    Stride,
    TilePattern,
    Vector,
    from_matrix,
    reference,
    to_matrix,
)
from tests.pruning.weights import data_for, gaussian

SHAPES = [(6, 10), (4, 6, 3, 3), (5, 3, 1, 2)]
REGISTERED = {family.pattern_of(family.example_size) for family in PRUNERS.values()}
TILE_PATTERNS = sorted(
    {pattern for pattern in REGISTERED if isinstance(pattern, TilePattern)} | {Vector(2), Block(2, 3), Block(1, 2)},
    key=lambda pattern: pattern.describe(),
)
every_criterion = pytest.mark.parametrize("criterion", CRITERIA)
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def positions(shape):
    """Output, input and lowered column of every weight."""
    column = from_matrix(np.broadcast_to(np.arange(np.prod(shape[1:])), (shape[0], np.prod(shape[1:]))), shape)
    index = np.indices(shape)
    return index[0], index[1], column


def labels(pattern, shape):
    """The group of every weight; groups are numbered in the order in which ties are decided."""
    out, channel, column = positions(shape)
    width = int(np.prod(shape[1:]))
    per_row = -(-width // pattern.cols) if isinstance(pattern, Block) else 0
    numbered = {
        Element: lambda: np.arange(np.prod(shape)).reshape(shape),
        Kernel: lambda: out * shape[1] + channel,
        Channel: lambda: channel,
        Filter: lambda: out,
        FilterShape: lambda: column,
        Vector: lambda: out * -(-width // pattern.length) + column // pattern.length,
        Block: lambda: out // pattern.rows * per_row + column // pattern.cols,
    }
    if type(pattern) not in numbered:
        pytest.fail(
            f"pattern {type(pattern).__name__} has no definition to compare with: "
            "add its groups to `labels` in tests/pruning/test_definitions.py"
        )
    return numbered[type(pattern)]()


def definition_of(criterion):
    if criterion not in reference.CRITERIA:
        pytest.fail(
            f"criterion {criterion} has no definition to compare with: "
            "add one to CRITERIA in sparsesim/pruning/reference.py"
        )
    return reference.CRITERIA[criterion]


def importance(pruner, weight):
    """By the formulas, weight by weight."""
    define = definition_of(pruner.criterion).importance
    return define(weight, data_for(pruner, weight), positions(weight.shape)[2])


def expected(pruner, weight):
    groups, sizes = labels(pruner.pattern, weight.shape), importance(pruner, weight)
    score = definition_of(pruner.criterion).score
    scores = np.array([round(float(score(sizes[groups == group])), 9) for group in range(groups.max() + 1)])
    kept = reference.keep_largest([scores], scores.size - round(pruner.sparsity * scores.size))[0]
    return kept[groups]


@every_criterion
@every_shape
@pytest.mark.parametrize("pattern", TILE_PATTERNS, ids=lambda pattern: pattern.describe())
def test_groups_rank_by_their_definition(pattern, criterion, shape):
    pruner = Pruner(pattern, BySparsity(0.4), criterion)
    weight = gaussian(shape, 7, np.float64)
    np.testing.assert_array_equal(pruner.mask(weight, data=data_for(pruner, weight)), expected(pruner, weight))


@every_criterion
@every_shape
def test_two_of_four_of_importances(criterion, shape):
    pruner = Pruner(NM(2, 4), criterion=criterion)
    weight = gaussian(shape, 8, np.float64)
    found = pruner.mask(weight, data=data_for(pruner, weight))
    np.testing.assert_array_equal(to_matrix(found), reference.n_of_m(to_matrix(importance(pruner, weight)), 2, 4))


@every_criterion
@pytest.mark.parametrize("shape", [(4, 6, 3, 3), (5, 3, 1, 2), (2, 4, 5, 5), (3, 4, 8, 9)], ids=str)
@pytest.mark.parametrize(
    ("pattern", "define"),
    [
        (Stride(2), lambda sizes: reference.kernel_stride(sizes, 2)),
        (Stride(3), lambda sizes: reference.kernel_stride(sizes, 3)),
        (KernelPattern(1), lambda sizes: reference.kernel_patterns(sizes, 1, 8)),
        (KernelPattern(4), lambda sizes: reference.kernel_patterns(sizes, min(4, sizes[0, 0].size), 8)),
        (KernelPattern(4, 3), lambda sizes: reference.kernel_patterns(sizes, min(4, sizes[0, 0].size), 3)),
    ],
    ids=["stride-2", "stride-3", "pattern-1", "pattern-4", "pattern-4x3"],
)
def test_patterns_of_kernels(pattern, define, criterion, shape):
    pruner = Pruner(pattern, criterion=criterion)
    weight = np.round(gaussian(shape, 9, np.float64) * 4) / 4  # sums are exact, so that ties are real
    found = pruner.mask(weight, data=data_for(pruner, weight))
    if criterion == "random":
        weight = np.round(weight)
    np.testing.assert_array_equal(found, define(importance(pruner, weight)))


def test_linear_layers_have_no_kernel_to_thin_out():
    weight = gaussian((4, 5))
    assert Pruner(Stride(2)).mask(weight).all()
    assert Pruner(KernelPattern(4)).mask(weight).all()
    frozen = np.eye(4, 5, dtype=bool)
    np.testing.assert_array_equal(Pruner(KernelPattern(4)).mask(weight, frozen=frozen), frozen)


def test_ties_go_to_the_lower_offset_and_position():
    ones = np.ones((2, 2, 3, 3), np.float32)
    assert Pruner(Stride(3)).mask(ones)[0, 0].reshape(-1).tolist() == [True, False, False] * 3
    kernel = Pruner(KernelPattern(4)).mask(ones)[1, 1].reshape(-1)
    assert np.flatnonzero(kernel).tolist() == [0, 1, 2, 4]
    assert Pruner(FilterShape(), BySparsity(0.5)).mask(np.ones((3, 4)))[0].tolist() == [True, True, False, False]


@pytest.mark.parametrize("frozen_share", [0.3, 0.8])
def test_kernel_patterns_prefer_what_an_earlier_mask_left(frozen_share):
    weight = gaussian((6, 6, 3, 3))
    frozen = np.random.default_rng(1).random(weight.shape) < frozen_share
    mask = Pruner(KernelPattern(4, 1000)).mask(weight, frozen=frozen)
    left = np.minimum(frozen.reshape(36, 9).sum(axis=1), 4)
    kept = mask.reshape(36, 9).sum(axis=1)
    assert (kept >= left - 1).all()  # the centre has a place even where it was dropped
    assert (kept <= left).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Stride.parse("x"), "'x' is not a stride"),
        (lambda: Stride(0), "stride=0 must be between"),
        (lambda: KernelPattern.parse("4:9"), "'4:9' is not a size of kernel patterns"),
        (lambda: KernelPattern(0), "positions kept in a kernel=0 must be"),
        (lambda: KernelPattern(4, 0), "number of kernel patterns=0 must be"),
    ],
)
def test_impossible_sizes_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
