"""Each pattern's groups, spelled out on small arrays."""

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.pruning import (
    CRITERIA,
    NM,
    Block,
    BySparsity,
    Channel,
    Element,
    Filter,
    Kernel,
    Pruner,
    Vector,
    to_matrix,
)
from tests.pruning.weights import gaussian

CONV = gaussian((4, 6, 3, 3), dtype=np.float64)
FC = gaussian((5, 7), dtype=np.float64)
L1 = CRITERIA["l1"]


def test_groups_of_a_convolution():
    size = np.abs(CONV)
    np.testing.assert_allclose(Kernel().scores(CONV, L1), size.sum(axis=(2, 3)).reshape(-1))
    np.testing.assert_allclose(Channel().scores(CONV, L1), size.sum(axis=(0, 2, 3)))
    np.testing.assert_allclose(Filter().scores(CONV, L1), size.sum(axis=(1, 2, 3)))
    np.testing.assert_allclose(Vector(3).scores(CONV, L1), to_matrix(size).reshape(4, -1, 3).sum(axis=2).reshape(-1))
    np.testing.assert_allclose(
        Vector(2, "out").scores(CONV, L1), to_matrix(size).reshape(2, 2, -1).sum(axis=1).reshape(-1)
    )
    blocks = to_matrix(size).reshape(2, 2, -1, 6).sum(axis=(1, 3))
    np.testing.assert_allclose(Block(2, 6).scores(CONV, L1), blocks.reshape(-1))


def test_groups_of_a_matrix():
    size = np.abs(FC)
    np.testing.assert_allclose(np.abs(Element().scores(FC, L1)), size.reshape(-1))
    np.testing.assert_allclose(Kernel().scores(FC, L1), size.reshape(-1))
    np.testing.assert_allclose(Channel().scores(FC, L1), size.sum(axis=0))
    np.testing.assert_allclose(Filter().scores(FC, L1), size.sum(axis=1))


@pytest.mark.parametrize("sparsity", [0.25, 0.5, 0.75])
def test_whole_slices_are_dropped(sparsity):
    keep = 1 - sparsity
    kernels = Pruner(Kernel(), BySparsity(sparsity)).mask(CONV)
    assert np.isin(kernels.sum(axis=(2, 3)), [0, 9]).all()
    assert kernels.sum() == keep * CONV.size
    filters = Pruner(Filter(), BySparsity(sparsity)).mask(CONV)
    np.testing.assert_array_equal(filters, np.broadcast_to(filters[:, :1, :1, :1], CONV.shape))
    assert filters[:, 0, 0, 0].sum() == 4 * keep
    channels = Pruner(Channel(), BySparsity(sparsity)).mask(CONV)
    np.testing.assert_array_equal(channels, np.broadcast_to(channels[:1, :, :1, :1], CONV.shape))
    assert channels[0, :, 0, 0].sum() == 6 - round(6 * sparsity)


def test_blocks_and_runs_lie_on_the_lowered_matrix():
    blocks = to_matrix(Pruner(Block(2, 6), BySparsity(0.5)).mask(CONV)).reshape(2, 2, 9, 6)
    assert np.isin(blocks.sum(axis=(1, 3)), [0, 12]).all()
    runs = to_matrix(Pruner(Vector(6), BySparsity(0.5)).mask(CONV)).reshape(4, 9, 6)
    assert np.isin(runs.sum(axis=2), [0, 6]).all()


def test_equal_groups_drop_the_higher_index():
    ones = np.ones((4, 4), np.float32)
    assert Pruner(Element(), BySparsity(0.5)).mask(ones).reshape(-1).tolist() == [True] * 8 + [False] * 8
    assert Pruner(Filter(), BySparsity(0.25)).mask(ones)[:, 0].tolist() == [True, True, True, False]
    assert Pruner(Channel(), BySparsity(0.25)).mask(ones)[0].tolist() == [True, True, True, False]
    assert Pruner(NM(2, 4)).mask(ones)[0].tolist() == [True, True, False, False]
    assert Pruner(NM(1, 2)).mask(ones)[0].tolist() == [True, False, True, False]


def test_keep_and_of_are_not_swapped():
    row = np.array([[4, 3, 2, 1, 1, 2, 3, 4]], np.float32)
    assert Pruner(NM(1, 4)).mask(row).tolist() == [[True, False, False, False, False, False, False, True]]
    assert Pruner(NM(3, 4)).mask(row).tolist() == [[True, True, True, False, False, True, True, True]]


@pytest.mark.parametrize(("columns", "kept"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (7, 4)])
def test_a_tail_of_r_keeps_its_share_rounded_up(columns, kept):
    assert Pruner(NM(2, 4)).mask(gaussian((1, columns))).sum() == kept


def test_a_dropped_weight_never_takes_a_place_in_a_group():
    weight = np.zeros((1, 4), np.float32)
    frozen = np.array([[False, False, True, True]])
    np.testing.assert_array_equal(Pruner(NM(2, 4)).mask(weight, frozen=frozen), frozen)
    np.testing.assert_array_equal(Pruner(Element(), BySparsity(0.5)).mask(weight, frozen=frozen), frozen)


def test_groups_dropped_earlier_count_as_dropped():
    weight = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
    frozen = np.array([[True] * 4, [True] * 4, [False] * 4])
    assert Pruner(Filter(), BySparsity(1 / 3)).mask(weight, frozen=frozen)[:, 0].tolist() == [True, True, False]
    assert Pruner(Filter(), BySparsity(2 / 3)).mask(weight, frozen=frozen)[:, 0].tolist() == [False, True, False]


def test_weights_dropped_earlier_do_not_add_to_their_group():
    weight = np.array([[100.0, 1], [2, 2]])
    frozen = np.array([[False, True], [True, True]])
    assert Pruner(Filter(), BySparsity(0.5)).mask(weight, frozen=frozen).tolist() == [[False, False], [True, True]]


def test_the_criterion_decides_between_groups():
    weight = np.array([[3.0, 0, 0], [1.5, 1.5, 1]])
    assert Pruner(Filter(), BySparsity(0.5), "l1").mask(weight)[:, 0].tolist() == [False, True]
    assert Pruner(Filter(), BySparsity(0.5), "l2").mask(weight)[:, 0].tolist() == [True, False]
    edge = np.array([[2.0, 2, 2, 3]])
    assert Pruner(Vector(3), BySparsity(0.5), "l1").mask(edge).tolist() == [[True, True, True, False]]
    assert Pruner(Vector(3), BySparsity(0.5), "magnitude").mask(edge).tolist() == [[False, False, False, True]]


def test_masks_combine():
    magnitude, two_four = Pruner(Element(), BySparsity(0.3)).mask(FC), Pruner(NM(2, 4)).mask(FC)
    both = magnitude & two_four
    assert (to_matrix(both)[:, :4].sum(axis=1) <= 2).all()
    assert ((magnitude | two_four) >= both).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NM(5, 4), "5:4: N must be between 1 and 4"),
        (lambda: NM(0, 4), "0:4: N must be between 1 and 4"),
        (lambda: NM(1, 2**40), "M of the N:M pattern=1099511627776 must be between"),
        (lambda: Block(0, 4), "block rows=0 must be between"),
        (lambda: Block(4, -1), "block cols=-1 must be between"),
        (lambda: Vector(0), "vector length=0 must be between"),
        (lambda: Pruner(NM(2, 4), BySparsity(0.5)), "'2 kept of every 4 along K' fixes the amount"),
        (lambda: Pruner(Element()), "'single weights' needs a selector"),
        (lambda: Pruner(Element(), BySparsity(0.5), "norm"), "unknown criterion 'norm'"),
    ],
)
def test_impossible_patterns_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
