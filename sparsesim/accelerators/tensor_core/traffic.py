"""DRAM traffic of a GEMM by step, and what the L2 keeps from one run to the next."""

from typing import NamedTuple

import numpy as np

from sparsesim.accelerators.arithmetic import shares, weighted_shares
from sparsesim.accelerators.tensor_core.kernels import panel_fetches
from sparsesim.accelerators.tensor_core.tiling import Grid
from sparsesim.array_types import IntArray
from sparsesim.matmul import MatmulOp
from sparsesim.units import bits_to_bytes, ceil_div

SWIZZLES = (1, 2, 4, 8, 16)
"""Heights, in tile rows, of the bands a library tries (CUTLASS thread-block swizzles)."""


class L2(NamedTuple):
    """The cache shared by all SMs.

    Attributes:
        size_bytes: capacity of all partitions together.
        partitions: 1, or 2 that each cache what their own SMs read.
        warm: whether it may still hold operands from an identical run just before.
    """

    size_bytes: int
    partitions: int
    warm: bool = False


def dram_traffic(op: MatmulOp, grid: Grid, sms: int, l2: L2, walk: str) -> tuple[IntArray, dict[str, int]]:
    """int64[rounds] bytes fetched per wave, and total bytes by tensor, for the swizzle with the least traffic.

    Groups share no data, so each moves an equal part of the operands: only the first is walked.
    """
    sizes = op.a.dram_bytes, op.b.dram_bytes
    first = [ceil_div(size, op.groups) for size in sizes]
    panels = shares(first[0], grid.tiles_m), shares(first[1], grid.tiles_n)
    wave = max(1, sms // grid.split)
    bands = sorted({min(band, grid.tiles_m) for band in (*SWIZZLES, grid.tiles_m)})
    walks = [
        panel_fetches(grid.tiles_m, grid.tiles_n, wave, distinct_bytes(l2.size_bytes, l2.partitions), *panels, band)
        for band in (bands if walk == "swizzled" else bands[-1:])
        if band
    ]
    moved = min(walks, key=lambda fetches: int(fetches[:2].sum()), default=np.zeros((4, 0), np.int64))
    written = bits_to_bytes(op.c_elements * op.c_dtype.bits)
    if l2.warm:
        # Only compulsory misses can turn into hits; other misses are evictions within the run itself.
        evicted, of = evicted_fraction(sum(sizes), l2.size_bytes, l2.partitions)
        moved[:2] -= moved[2:] - moved[2:] * evicted // of
        written = written * evicted // of
    read = [int(moved[i].sum()) * sizes[i] // max(first[i], 1) for i in range(2)]
    waves = np.tile(moved[:2].sum(axis=0), op.groups)
    # A wave of the walk has sms // split tiles, which need not divide the thread blocks as the rounds of the SMs do:
    # the bytes of the waves are spread over the rounds.
    fetched = np.zeros(grid.rounds, np.int64)
    np.add.at(fetched, np.arange(len(waves)) * grid.rounds // max(len(waves), 1), waves)
    if op.groups > 1:
        fetched = weighted_shares(sum(read), fetched)
    return fetched, {"A": read[0], "B": read[1], "C": written}


def in_parts(sizes: IntArray, parts: int) -> IntArray:
    """int64[len(sizes) * parts]: every size split into `parts` integers that differ by at most one."""
    quotient, remainder = np.divmod(sizes[:, None], parts)
    return (quotient + (np.arange(parts) < remainder)).ravel()


def distinct_bytes(l2_bytes: int, partitions: int) -> int:
    """Distinct bytes that an L2 can hold of data read by all SMs.

    With two partitions, a line read by SMs on both sides is kept twice; three quarters of the capacity then hold
    distinct data (assumed, between half and all of it).
    """
    return l2_bytes if partitions == 1 else 3 * l2_bytes // 4


def evicted_fraction(size_bytes: int, l2_bytes: int, partitions: int) -> tuple[int, int]:
    """Fraction (numerator, denominator) of the operands that is evicted before the next run reads them.

    With one partition, the part that exceeds the capacity. With two, nothing up to half the capacity, everything from
    three quarters on, and linear in between (assumed).
    """
    low, high = l2_bytes // partitions, distinct_bytes(l2_bytes, partitions)
    between = max(high - low, 1)
    return min(max(size_bytes - low, 0), between), between
