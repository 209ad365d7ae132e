import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.pruning import NM
from sparsesim.transforms.permute import permute_channels, permuted_pair
from sparsesim.transforms.permute.kernels import group_size, two_of_four
from tests.pruning.weights import gaussian, matrices


def partitions(columns):
    """All ways to cut the columns into sets of four: 35 of 8 columns, 5775 of 12."""
    if not columns:
        yield []
        return
    for rest in itertools.combinations(columns[1:], 3):
        left = [column for column in columns[1:] if column not in rest]
        for others in partitions(left):
            yield [(columns[0], *rest), *others]


def best_by_trying_all(weight, ways):
    sizes = np.abs(weight)
    kept = {
        group: np.sort(sizes[:, group], axis=1)[:, 2:].sum()
        for group in itertools.combinations(range(weight.shape[1]), 4)
    }
    return max(sum(kept[group] for group in way) for way in ways) / sizes.sum()


def uneven(rows, cols, seed):
    """Columns of unequal size, as the channels of a network have."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, cols)) * rng.lognormal(sigma=0.6, size=cols)


@pytest.mark.parametrize(("cols", "ways", "seeds"), [(8, 35, 60), (12, 5775, 20)])
def test_small_matrices_reach_the_optimum(cols, ways, seeds):
    """Of 8 columns by construction; of 12 because restarts leave the local optima of these matrices."""
    tried = list(partitions(tuple(range(cols))))
    assert len(tried) == ways
    for seed in range(seeds):
        weight = uneven(3 + seed, cols, seed)
        found = permute_channels(weight)
        assert found.kept_after == pytest.approx(best_by_trying_all(weight, tried), abs=1e-8), seed


def test_without_restarts_twelve_columns_may_stay_in_a_local_optimum():
    kept = {
        restarts: sum(permute_channels(uneven(8, 12, seed), restarts=restarts).kept_after for seed in range(20))
        for restarts in (0, 32)
    }
    assert kept[0] < kept[32]


@given(matrices, st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_it_is_a_permutation_with_its_mask_and_never_keeps_less(weight, keep, of):
    pattern = NM(min(keep, of), of)
    found = permute_channels(weight, pattern, restarts=1)
    assert sorted(found.order) == list(range(weight.shape[1]))
    permuted = np.ascontiguousarray(weight[:, found.order])
    np.testing.assert_array_equal(found.mask, pattern.mask(permuted))
    np.testing.assert_array_equal(found.original_mask[:, found.order], found.mask)
    total = np.abs(weight).sum()
    assert found.kept_before == pytest.approx(np.abs(weight)[pattern.mask(weight)].sum() / total if total else 1)
    assert found.kept_after == pytest.approx(np.abs(permuted)[found.mask].sum() / total if total else 1)
    assert found.kept_after >= found.kept_before


@pytest.mark.parametrize("pattern", [NM(2, 4), NM(1, 4), NM(4, 8), NM(1, 2)])
def test_no_exchange_of_two_channels_improves_it(pattern):
    weight = uneven(9, 24, 5)
    found = permute_channels(weight, pattern)
    assert found.kept_after > found.kept_before
    for one, other in itertools.combinations(range(24), 2):
        order = found.order.copy()
        order[[one, other]] = order[[other, one]]
        permuted = np.ascontiguousarray(weight[:, order])
        kept = np.abs(permuted)[pattern.mask(permuted)].sum() / np.abs(weight).sum()
        assert kept <= found.kept_after + 1e-8


def test_large_columns_side_by_side_are_spread():
    weight = np.ones((6, 16))
    weight[:, :8] = 10
    found = permute_channels(weight)
    assert found.kept_before == pytest.approx(44 / 88)
    assert found.kept_after == pytest.approx(80 / 88)
    assert not found.mask[:, found.order >= 8].any()


def test_equal_arguments_give_equal_orders_and_the_seed_matters():
    weight = uneven(20, 64, 1)
    orders = [tuple(permute_channels(weight, seed=seed, restarts=2).order) for seed in (3, 3, 4)]
    assert orders[0] == orders[1] != orders[2]


def test_a_pair_of_layers_computes_the_same():
    first, bias, second = gaussian((24, 10), 1), gaussian((24, 1), 2)[:, 0], gaussian((5, 24), 3)
    found = permute_channels(second)
    consumer, (weight, shift) = permuted_pair(found.order, second, [first, bias])
    inputs = gaussian((7, 10), 4)
    np.testing.assert_allclose(
        np.maximum(inputs @ weight.T + shift, 0) @ consumer.T,
        np.maximum(inputs @ first.T + bias, 0) @ second.T,
        rtol=1e-4,
        atol=1e-4,
    )
    with pytest.raises(InputError, match="23 outputs, but the order is of 24 channels"):
        permuted_pair(found.order, second, [first[:23]])


def test_convolutions_are_permuted_by_channel():
    weight = gaussian((6, 16, 3, 3), 8) * np.linspace(1, 3, 16, dtype=np.float32)[:, None, None]
    found = permute_channels(weight)
    assert found.mask.shape == weight.shape
    assert (found.mask.reshape(6, 4, 4, 9).sum(axis=2) == 2).all()
    assert found.kept_after > found.kept_before
    with pytest.raises(InputError, match="6 input channels"):
        permute_channels(weight[:, :6])


def test_a_tail_stays_where_it_is():
    found = permute_channels(uneven(5, 14, 2))
    assert list(found.order[12:]) == [12, 13]


@given(st.integers(0, 9), st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_the_two_ways_to_measure_a_group_agree(rows, seed):
    columns = np.random.default_rng(seed).integers(0, 9, (4, rows))
    expected = np.sort(columns, axis=0)[2:].sum()
    assert two_of_four(*columns) == expected
    assert group_size(columns, np.arange(4), 2, np.zeros(2, dtype=np.int64)) == expected


def test_the_work_is_bounded():
    weight = uneven(768, 768, 0).astype(np.float32)
    permute_channels(weight[:8, :8])
    begun = time.process_time()
    found = permute_channels(weight, work=1e9)
    assert time.process_time() - begun < 5
    assert found.kept_after > found.kept_before + 0.01
