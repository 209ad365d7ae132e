"""Which bytes of a GEMM come from DRAM, in which step, and what an L2 keeps from one run to the next."""

from typing import NamedTuple

import numpy as np

from sparsesim.accelerators.arithmetic import shares, weighted_shares
from sparsesim.accelerators.gemm_tiling import Grid
from sparsesim.accelerators.kernels import panel_fetches
from sparsesim.array_types import IntArray
from sparsesim.matmul import MatmulOp
from sparsesim.units import bits_to_bytes, ceil_div

SWIZZLES = (1, 2, 4, 8, 16)
"""Bands of tile rows that a library tries (CUTLASS thread-block swizzles, and row by row)."""


class L2(NamedTuple):
    """The cache that all SMs share; `warm` if it may still hold operands of an equal run just before."""

    size_bytes: int
    partitions: int
    warm: bool = False


def dram_traffic(op: MatmulOp, grid: Grid, sms: int, l2: L2, walk: str) -> tuple[IntArray, dict[str, int]]:
    """Bytes fetched in every round, and all by tensor, for the swizzle that moves the fewest.

    Groups share no data; each moves as much as the first one, whose operands are those
    of all in equal parts.
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
    moved = min(walks, key=lambda each: int(each[:2].sum()), default=np.zeros((4, 0), np.int64))
    written = bits_to_bytes(op.c_elements * op.c_dtype.bits)
    if l2.warm:
        away, whole = not_kept(sum(sizes), l2.size_bytes, l2.partitions)
        moved[:2] -= moved[2:] - moved[2:] * away // whole
        written = written * away // whole
    read = [int(moved[i].sum()) * sizes[i] // max(first[i], 1) for i in range(2)]
    waves = np.tile(moved[:2].sum(axis=0), op.groups)
    # Splits leave SMs idle at the end of a wave; the bytes are spread over the rounds that the SMs count.
    fetched = np.zeros(grid.rounds, np.int64)
    np.add.at(fetched, np.arange(len(waves)) * grid.rounds // max(len(waves), 1), waves)
    if op.groups > 1:
        fetched = weighted_shares(sum(read), fetched)
    return fetched, {"A": read[0], "B": read[1], "C": written}


def in_parts(sizes: IntArray, parts: int) -> IntArray:
    """Every size in `parts` numbers that add up to it and differ by at most one."""
    quotient, remainder = np.divmod(sizes[:, None], parts)
    return (quotient + (np.arange(parts) < remainder)).ravel()


def distinct_bytes(l2_bytes: int, partitions: int) -> int:
    """What an L2 holds of data that is read by all SMs.

    In two partitions lines that SMs of both read are kept twice; three quarters of the whole are then distinct
    (assumed, between half and all of it).
    """
    return l2_bytes if partitions == 1 else 3 * l2_bytes // 4


def not_kept(size_bytes: int, l2_bytes: int, partitions: int) -> tuple[int, int]:
    """The share of operands, as a fraction, that an L2 does not keep from one run to the next.

    They are kept as far as they fit: in one partition up to its size; in two, up to half of the L2, from three quarters
    on none is, and in between it falls linearly (assumed).
    """
    low, high = l2_bytes // partitions, distinct_bytes(l2_bytes, partitions)
    between = max(high - low, 1)
    return min(max(size_bytes - low, 0), between), between
