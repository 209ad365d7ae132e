"""Cycles of cuts by hand, and which cuts are worth trying."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.tensor_core.tiling import Gemm, Rates, Tile, tilings

TILE = Tile(128, 128, 32)
WORK = Gemm(m=256, n=256, k=1024, value_bits=16, c_bytes=2, a_bytes=2, b_bytes=2, kept=1, of=1)
RATES = Rates(
    sms=2, macs_per_cycle=1024, l2_bytes_per_cycle=64, cluster=1, step_cycles=500, round_cycles=300, split_cycles=1000
)
STORE = 128 * 128 * 2 // 64
OVERLAPPED_ROUND = 300 // 2
"""Two tiles of 2^14 sums share an SM, so that their filling and draining overlap."""


def cut(work=WORK, rates=RATES, tile=TILE, split=1):
    """The one cut there is, or None where the split is not worth trying."""
    found = tilings(work, (tile,), (split,), rates)
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("changes", "bound", "inner"),
    [
        ({}, "mma", 128 * 128 * 1024 // 1024),
        ({"macs_per_cycle": 512}, "mma", 128 * 128 * 1024 // 512),
        ({"l2_bytes_per_cycle": 16}, "l2", (128 + 128) * 2 * 1024 // 16),
        ({"l2_bytes_per_cycle": 16, "cluster": 2}, "l2", (128 + 128 // 2) * 2 * 1024 // 16),
        ({"l2_bytes_per_cycle": 16, "cluster": 4}, "mma", 128 * 128 * 1024 // 1024),
        ({"l2_bytes_per_cycle": 8, "cluster": 4}, "l2", (128 + 128) // 2 * 2 * 1024 // 8),
        ({"step_cycles": 5000}, "latency", 1024 * 16 // 8 // 128 * 5000 // 2),
    ],
)
def test_a_tile_takes_as_long_as_the_longest_of_products_l2_and_latency(changes, bound, inner):
    """Four tiles of 128 x 128 on two SMs: two rounds each."""
    grid = cut(rates=RATES._replace(**changes))
    assert (grid.tiles, grid.rounds, grid.bound) == (4, 2, bound)
    assert grid.round_cycles == inner + OVERLAPPED_ROUND + STORE
    assert grid.cycles == 2 * grid.round_cycles
    assert grid.reduce_cycles == 0


def test_a_lone_tile_hides_nothing_of_its_latency():
    grid = cut(WORK._replace(m=128, n=256), RATES._replace(step_cycles=5000))
    assert (grid.rounds, grid.round_cycles) == (1, 16 * 5000 + 300 + STORE)


@pytest.mark.parametrize(("tile", "overlapped"), [(Tile(256, 256, 32), 4), (TILE, 2), (Tile(64, 64, 32), 1)])
def test_as_many_tiles_share_an_sm_as_its_registers_hold(tile, overlapped):
    """Four rounds on one SM: of 2^16 sums one tile at a time, of 2^14 two, of 2^12 four."""
    work = WORK._replace(m=2 * tile.m, n=2 * tile.n)
    grid = cut(work, RATES._replace(sms=1, step_cycles=0, macs_per_cycle=1e12, l2_bytes_per_cycle=1e12), tile)
    store = tile.m * tile.n * 2 // 64
    assert grid.rounds == 4
    assert grid.round_cycles - store == pytest.approx(overlapped * 300 / 4, abs=1)


@pytest.mark.parametrize(("k", "depth"), [(1024, 1024), (1000, 1024), (992, 992), (1, 32), (0, 0)])
def test_k_is_walked_in_half_slices(k, depth):
    assert cut(WORK._replace(k=k)).round_cycles == 128 * 128 * depth // 1024 + OVERLAPPED_ROUND + STORE


def test_kept_positions_alone_are_multiplied_but_all_of_b_comes_from_the_l2():
    sparse = WORK._replace(kept=2, of=4, a_bytes=9 / 8)
    assert cut(sparse, RATES._replace(step_cycles=0, l2_bytes_per_cycle=128)).round_cycles == 8192 + 150 + STORE
    slow = cut(sparse, RATES._replace(l2_bytes_per_cycle=16))
    assert (slow.bound, slow.round_cycles) == ("l2", (144 + 256) * 1024 // 16 + 150 + STORE)


@pytest.mark.parametrize(("cluster", "slice_bytes"), [(1, 512 + 128), (2, 256 + 128), (4, (512 + 128) // 2)])
def test_a_cluster_of_two_shares_the_larger_side_and_one_of_four_both(cluster, slice_bytes):
    rates = RATES._replace(cluster=cluster, l2_bytes_per_cycle=4)
    grid = cut(WORK, rates, Tile(256, 64, 32))
    assert (grid.bound, grid.round_cycles) == ("l2", slice_bytes * 1024 // 4 + OVERLAPPED_ROUND + 256 * 64 * 2 // 64)


def test_a_split_shortens_the_walk_and_adds_its_parts_up():
    """Four parts of 256 positions: 16 blocks on four SMs; parts of 4 bytes are written by each and read, then C."""
    grid = cut(rates=RATES._replace(sms=4, step_cycles=0), split=4)
    assert (grid.tiles, grid.split, grid.rounds) == (4, 4, 4)
    assert grid.round_cycles == 128 * 128 * 256 // 1024 + OVERLAPPED_ROUND + STORE
    assert grid.reduce_cycles == 1000 + 4 * (4 + 1) * 256 * 256 // (4 * 64)
    assert grid.cycles == 4 * grid.round_cycles + grid.reduce_cycles


@pytest.mark.parametrize(("sms", "k", "worth"), [(4, 1024, True), (3, 1024, False), (4, 512, True), (4, 511, False)])
def test_a_split_needs_128_positions_a_part_and_at_most_four_blocks_per_sm(sms, k, worth):
    assert (cut(WORK._replace(k=k), RATES._replace(sms=sms), split=4) is not None) == worth


SIDES = st.sampled_from([8, 16, 32, 64, 128, 192, 256])
WORKS = st.builds(
    Gemm,
    m=st.integers(0, 3000),
    n=st.integers(0, 3000),
    k=st.integers(0, 3000),
    value_bits=st.sampled_from([4, 8, 16, 32]),
    c_bytes=st.just(2.0),
    a_bytes=st.just(2.0),
    b_bytes=st.just(2.0),
    kept=st.just(1),
    of=st.sampled_from([1, 2]),
)
MANY_RATES = st.builds(
    Rates,
    sms=st.integers(1, 150),
    macs_per_cycle=st.floats(10, 5000),
    l2_bytes_per_cycle=st.floats(1, 200),
    cluster=st.sampled_from([1, 2, 4]),
    step_cycles=st.floats(0, 1000),
    round_cycles=st.floats(0, 3000),
    split_cycles=st.floats(0, 6000),
)
TILES = st.lists(st.builds(Tile, SIDES, SIDES, st.just(32)), min_size=1, max_size=8, unique=True).map(tuple)
SPLITS = st.sets(st.integers(2, 16), max_size=4).map(lambda splits: (1, *sorted(splits)))


def covers(large, small):
    """No operand comes more often, and no parts take longer to add up."""
    wider = large.tile.m >= small.tile.m and large.tile.n >= small.tile.n
    return wider and large.reduce_cycles <= small.reduce_cycles


@settings(max_examples=150, deadline=None)
@given(WORKS, TILES, SPLITS, MANY_RATES)
def test_cuts_are_those_that_no_other_one_makes_superfluous(work, tiles, splits, rates):
    every = [grid for tile in tiles for split in splits if (grid := cut(work, rates, tile, split)) is not None]
    chosen = tilings(work, tiles, splits, rates)
    assert chosen[0].cycles == min(grid.cycles for grid in every)
    assert [grid.cycles for grid in chosen] == sorted(grid.cycles for grid in chosen)
    assert len(set(chosen)) == len(chosen)
    for grid in chosen:
        assert grid in every
        assert grid.rounds == -(-grid.tiles * grid.split // rates.sms)
        assert not any(other.cycles < grid.cycles and covers(other, grid) for other in every)
        assert not any(other.cycles <= grid.cycles and covers(other, grid) for other in chosen if other != grid)
    for grid in every:
        assert grid in chosen or any(other.cycles <= grid.cycles and covers(other, grid) for other in chosen)


def test_a_cut_without_split_is_tried_beside_a_faster_one_with_a_split():
    """Where DRAM takes longer than the units, adding parts up comes on top, and nothing is gained by the split."""
    work, rates = WORK._replace(m=512, n=128, k=4096), RATES._replace(sms=16, step_cycles=0)
    chosen = tilings(work, (TILE,), (1, 4), rates)
    assert [grid.split for grid in chosen] == [4, 1]
    assert chosen[0].cycles < chosen[1].cycles
    assert chosen[0].reduce_cycles > chosen[1].reduce_cycles == 0
