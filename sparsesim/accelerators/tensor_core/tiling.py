"""The tilings and K-splits a GEMM library can choose from, and the cycles the SMs need for each."""

from math import ceil
from typing import Final, NamedTuple

from sparsesim.quantities import Count
from sparsesim.units import BITS_PER_BYTE, ceil_div

SLICE_BYTES = 128
"""Bytes per row that one iteration of the k-loop loads into shared memory (one cache line; 64 fp16 values)."""

ACCUMULATORS_PER_SM = 1 << 15
"""Accumulators that fit an SM beside operands and addresses: half of its 64 Ki registers (CUDA programming guide)."""

RESIDENT_TILES = 4
"""Upper limit on thread blocks per SM if their accumulators would leave room for more (assumed)."""

STORE_BYTES_PER_CYCLE = 64
"""Write bandwidth from an SM to the L2 (NVIDIA A100 whitepaper: 64 B per clock and SM)."""

SHORTEST_SPLIT = 128
"""Minimum depth along K of one part of a split."""

CTAS_PER_SM_WHEN_SPLIT = 4
"""Most thread blocks per SM for which K is still split; a split is there to occupy idle SMs."""


LIMITS: Final = {"mma": "math", "l2": "L2", "latency": "k-loop latency"}
"""The resource behind each bound of the k-loop."""


class Tile(NamedTuple):
    """A thread-block tile of C, `m` x `n`, with a k-loop over slices of `k`."""

    m: Count
    n: Count
    k: Count


class Grid(NamedTuple):
    """One tiling of an operation.

    Attributes:
        tile: thread-block tile.
        tiles_m, tiles_n: tiles along M and N, of one group.
        kept, of: how many of every `of` positions along K are multiplied.
        split: thread blocks that share the K of a tile.
        rounds: waves, the number of tiles that the busiest SM computes.
        round_cycles: cycles per wave.
        prologue_cycles: those of them for prologue, epilogue and store of a tile.
        reduce_cycles: cycles of the kernel that adds up the parts of a split, after the last wave.
        bound: what limits the k-loop: "mma", "l2" or "latency".
        groups: independent products of equal size.
    """

    tile: Tile
    tiles_m: int
    tiles_n: int
    kept: int
    of: int
    split: int = 1
    rounds: int = 1
    round_cycles: int = 0
    prologue_cycles: int = 0
    reduce_cycles: int = 0
    bound: str = "mma"
    groups: int = 1

    @property
    def tiles(self) -> int:
        """Tiles of C in all groups."""
        return self.groups * self.tiles_m * self.tiles_n

    @property
    def cycles(self) -> int:
        """Cycles on the SMs with an ideal DRAM."""
        return self.rounds * self.round_cycles + self.reduce_cycles

    def resources(self, sms: int) -> dict[str, int]:
        """`cycles` by resource: SMs without a tile in the last wave, and what the others spend theirs on.

        A single wave has no tail: more SMs would not shorten it.
        """
        in_waves = self.rounds * self.round_cycles
        idle = self.rounds * sms - self.tiles * self.split
        tail = in_waves * idle // (self.rounds * sms) if self.rounds > 1 else 0
        prologue = (in_waves - tail) * self.prologue_cycles // max(self.round_cycles, 1)
        return {
            LIMITS[self.bound]: in_waves - tail - prologue,
            "prologue": prologue,
            "wave tail": tail,
            "reduction": self.reduce_cycles,
        }


class Gemm(NamedTuple):
    """One operation as the SMs see it.

    Attributes:
        m, n, k: dimensions of the product.
        value_bits: bits per value of A and B.
        c_bytes: bytes per value of C.
        a_bytes, b_bytes: bytes of A and of B that reach shared memory per position of the dense operand.
        kept, of: how many of every `of` positions along K are multiplied.
        groups: products of equal size that share the SMs.
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
    """Throughput and overheads of the SMs.

    Attributes:
        sms: number of SMs.
        macs_per_cycle: sustained MACs per cycle of one SM.
        l2_bytes_per_cycle: bytes per cycle from the L2 to one SM.
        cluster: SMs that share the slices they read (1, 2, or 4: two by two).
        step_cycles: latency of one k-loop iteration of a thread block that has an SM to itself.
        round_cycles: prologue and epilogue of a tile.
        split_cycles: launch of the kernel that adds up the parts of a split.
    """

    sms: int
    macs_per_cycle: float
    l2_bytes_per_cycle: float
    cluster: int
    step_cycles: float
    round_cycles: float
    split_cycles: float


def tilings(gemm: Gemm, tiles: tuple[Tile, ...], splits: tuple[int, ...], rates: Rates) -> list[Grid]:
    """Tilings worth simulating, ordered by non-decreasing cycles.

    A tiling is dominated, and left out, if another one takes no more cycles, has tiles at least as high and as wide,
    and spends no more cycles on the reduction. Larger tiles move fewer bytes from L2 and DRAM; the reduction overlaps
    with no operand fetch, so all of it counts even if DRAM is the bottleneck.
    """
    grids = [
        _cut(gemm, tile, split, rates)
        for tile in tiles
        for split in splits
        if split == 1 or _worth_splitting(gemm, tile, split, rates)
    ]
    grids.sort(key=lambda grid: (grid.cycles, -grid.tile.m * grid.tile.n, grid.split))
    chosen: list[Grid] = []
    # Sorted by cycles, so a tiling can only be dominated by one before it.
    for grid in grids:
        if not any(_is_dominated(grid, better) for better in chosen):
            chosen.append(grid)
    return chosen


def _is_dominated(grid: Grid, better: Grid) -> bool:
    larger = grid.tile.m <= better.tile.m and grid.tile.n <= better.tile.n
    return larger and better.reduce_cycles <= grid.reduce_cycles


def _worth_splitting(gemm: Gemm, tile: Tile, split: int, rates: Rates) -> bool:
    blocks = gemm.groups * ceil_div(gemm.m, tile.m) * ceil_div(gemm.n, tile.n) * split
    return gemm.k >= split * SHORTEST_SPLIT and blocks <= CTAS_PER_SM_WHEN_SPLIT * rates.sms


def _cut(gemm: Gemm, tile: Tile, split: int, rates: Rates) -> Grid:
    tiles_m, tiles_n = ceil_div(gemm.m, tile.m), ceil_div(gemm.n, tile.n)
    slice_k = SLICE_BYTES * BITS_PER_BYTE // gemm.value_bits
    # Depth is rounded up to half slices: the last k-loop iteration can skip the half that is padding.
    half = max(slice_k // 2, 1)
    depth = ceil_div(ceil_div(gemm.k, split), half) * half
    rounds = ceil_div(gemm.groups * tiles_m * tiles_n * split, rates.sms)
    resident = min(max(ACCUMULATORS_PER_SM // (tile.m * tile.n), 1), RESIDENT_TILES)
    # Tiles resident on one SM hide each other's latency, prologue and epilogue; the rest of a wave is throughput.
    exposed = ceil_div(rounds, resident) / rounds if rounds else 1.0
    needs = {
        "mma": tile.m * tile.n * depth * gemm.kept / gemm.of / rates.macs_per_cycle,
        "l2": _slice_bytes(gemm, tile, rates.cluster) * depth / rates.l2_bytes_per_cycle,
        "latency": ceil_div(depth, slice_k) * rates.step_cycles * exposed,
    }
    bound = max(needs, key=lambda name: needs[name])
    prologue = exposed * rates.round_cycles + tile.m * tile.n * gemm.c_bytes / STORE_BYTES_PER_CYCLE
    reduce_cycles = 0.0
    if split > 1:
        # The reduction reads `split` fp32 sums per element of C and writes one.
        reduced_bytes = 4 * (split + 1) * gemm.groups * gemm.m * gemm.n
        reduce_cycles = rates.split_cycles + reduced_bytes / (rates.sms * rates.l2_bytes_per_cycle)
    return Grid(
        tile,
        tiles_m,
        tiles_n,
        gemm.kept,
        gemm.of,
        split,
        rounds,
        ceil(needs[bound] + prologue),
        int(prologue),
        ceil(reduce_cycles),
        bound,
        gemm.groups,
    )


def _slice_bytes(gemm: Gemm, tile: Tile, cluster: int) -> float:
    """Bytes that an SM reads from the L2 per position along K, with slices shared within its cluster."""
    a, b = tile.m * gemm.a_bytes, tile.n * gemm.b_bytes
    if cluster == 4:
        return (a + b) / 2
    # A cluster in one row or column shares the slices of one operand, taken to be the larger.
    return max(a, b) / cluster + min(a, b)
