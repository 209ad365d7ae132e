"""How a GEMM library may cut an operation into tiles of C, and how many cycles the SMs need for each cut."""

from math import ceil
from typing import NamedTuple

from sparsesim.units import BITS_PER_BYTE, ceil_div

SLICE_BYTES = 128
"""Bytes of a row that one step of the k-loop brings to shared memory (a cache line; 64 fp16 values)."""

ACCUMULATORS_PER_SM = 1 << 15
"""Sums that fit beside operands and addresses: half of the 64 Ki registers of an SM (CUDA programming guide)."""

RESIDENT_TILES = 4
"""Thread blocks that share an SM at most, where their sums would leave room for more (assumed)."""

STORE_BYTES_PER_CYCLE = 64
"""An SM's port to the L2 (NVIDIA A100 whitepaper: 64 B per clock and SM)."""

SHORTEST_SPLIT = 128
"""Positions along K that a part of a split has at least."""

CTAS_PER_SM_WHEN_SPLIT = 4
"""A split is not worth more thread blocks than this per SM."""


class Tile(NamedTuple):
    """A thread-block tile of C, `m` x `n`, walked along K in slices of `k`."""

    m: int
    n: int
    k: int


class Grid(NamedTuple):
    """How one operation is cut: the tile, tiles along M and N, and `kept` of every `of` positions along K.

    `split` thread blocks share the K of a tile. `rounds` is the number of tiles that the busiest SM computes, one
    after the other, each in `round_cycles`; then `reduce_cycles` add up the parts of a split.
    """

    tile: Tile
    tiles_m: int
    tiles_n: int
    kept: int
    of: int
    split: int = 1
    rounds: int = 1
    round_cycles: int = 0
    reduce_cycles: int = 0
    bound: str = "mma"
    groups: int = 1

    @property
    def tiles(self) -> int:
        """Tiles of C, of all groups."""
        return self.groups * self.tiles_m * self.tiles_n

    @property
    def cycles(self) -> int:
        """Cycles of the SMs if nothing else held them up."""
        return self.rounds * self.round_cycles + self.reduce_cycles


class Gemm(NamedTuple):
    """One operation as the SMs see it.

    Attributes:
        m, n, k: sides of the product.
        value_bits: bits of a value of A and B.
        c_bytes: bytes of a value of C.
        a_bytes, b_bytes: bytes of A and of B that reach shared memory for every position of the dense operand.
        kept, of: positions along K that are multiplied.
        groups: equal products whose tiles share the SMs.
    """

    m: int
    n: int
    k: int
    value_bits: int
    c_bytes: float
    a_bytes: float
    b_bytes: float
    kept: int
    of: int
    groups: int = 1


class Rates(NamedTuple):
    """What one SM does.

    Attributes:
        sms: their number.
        macs_per_cycle: products that one SM really reaches per cycle.
        l2_bytes_per_cycle: bytes per cycle from the L2 to one SM.
        cluster: SMs that share the slices they read (1, 2, or 4: two by two).
        step_cycles: cycles of one step of the k-loop of a lone thread block, whose slices cannot come any faster.
        round_cycles: filling the pipeline and writing the tile back.
        split_cycles: starting the kernel that adds up the parts of a split.
    """

    sms: int
    macs_per_cycle: float
    l2_bytes_per_cycle: float
    cluster: int
    step_cycles: float
    round_cycles: float
    split_cycles: float


def cuts(gemm: Gemm, tiles: tuple[Tile, ...], splits: tuple[int, ...], rates: Rates) -> list[Grid]:
    """The cuts worth trying, the one with the fewest cycles first.

    Left out are those that take no fewer cycles than another one with tiles at least as high and wide, whose parts take
    no longer to add up: the larger the tiles, the fewer bytes come from L2 and DRAM, and no operand is on its way
    while parts are added up, so that a split loses where DRAM is what takes time.
    """
    found = [
        _cut(gemm, tile, split, rates)
        for tile in tiles
        for split in splits
        if split == 1 or _worth_splitting(gemm, tile, split, rates)
    ]
    found.sort(key=lambda grid: (grid.cycles, -grid.tile.m * grid.tile.n, grid.split))
    chosen: list[Grid] = []
    for grid in found:
        if not any(_is_covered(grid, better) for better in chosen):
            chosen.append(grid)
    return chosen


def _is_covered(grid: Grid, better: Grid) -> bool:
    larger = grid.tile.m <= better.tile.m and grid.tile.n <= better.tile.n
    return larger and better.reduce_cycles <= grid.reduce_cycles


def _worth_splitting(gemm: Gemm, tile: Tile, split: int, rates: Rates) -> bool:
    blocks = gemm.groups * ceil_div(gemm.m, tile.m) * ceil_div(gemm.n, tile.n) * split
    return gemm.k >= split * SHORTEST_SPLIT and blocks <= CTAS_PER_SM_WHEN_SPLIT * rates.sms


def _cut(gemm: Gemm, tile: Tile, split: int, rates: Rates) -> Grid:
    tiles_m, tiles_n = ceil_div(gemm.m, tile.m), ceil_div(gemm.n, tile.n)
    slice_k = SLICE_BYTES * BITS_PER_BYTE // gemm.value_bits
    # Half slices at the end of K are cheap to skip.
    half = max(slice_k // 2, 1)
    depth = ceil_div(ceil_div(gemm.k, split), half) * half
    rounds = ceil_div(gemm.groups * tiles_m * tiles_n * split, rates.sms)
    resident = min(max(ACCUMULATORS_PER_SM // (tile.m * tile.n), 1), RESIDENT_TILES)
    overlapped = ceil_div(rounds, resident) / rounds if rounds else 1.0
    needs = {
        "mma": tile.m * tile.n * depth * gemm.kept / gemm.of / rates.macs_per_cycle,
        "l2": _slice_bytes(gemm, tile, rates.cluster) * depth / rates.l2_bytes_per_cycle,
        "latency": ceil_div(depth, slice_k) * rates.step_cycles * overlapped,
    }
    bound = max(needs, key=lambda name: needs[name])
    store = tile.m * tile.n * gemm.c_bytes / STORE_BYTES_PER_CYCLE
    reduce_cycles = 0.0
    if split > 1:
        partial = 4 * (split + 1) * gemm.groups * gemm.m * gemm.n
        reduce_cycles = rates.split_cycles + partial / (rates.sms * rates.l2_bytes_per_cycle)
    return Grid(
        tile,
        tiles_m,
        tiles_n,
        gemm.kept,
        gemm.of,
        split,
        rounds,
        ceil(needs[bound] + overlapped * rates.round_cycles + store),
        ceil(reduce_cycles),
        bound,
        gemm.groups,
    )


def _slice_bytes(gemm: Gemm, tile: Tile, cluster: int) -> float:
    """Bytes that an SM reads from the L2 per position of K, when the SMs of a cluster share what they read."""
    a, b = tile.m * gemm.a_bytes, tile.n * gemm.b_bytes
    if cluster == 4:
        return (a + b) / 2
    return max(a, b) / cluster + min(a, b)
