"""Bytes moved by the thread blocks of an SpMM: from DRAM to L2, from L2 to L1, and out of L1."""

from math import expm1
from typing import Final, NamedTuple

import numpy as np

from sparsesim.accelerators.arithmetic import weighted_shares
from sparsesim.accelerators.vector_spmm.bands import Bands
from sparsesim.array_types import IntArray
from sparsesim.matmul import MatmulOp
from sparsesim.units import bits_to_bytes, ceil_div

SECTOR_BYTES: Final = 32
"""Granularity of L2 reads (NVIDIA CUDA programming guide)."""

GROUP: Final = 4
"""Vectors that a warp gathers and multiplies at a time; an incomplete last group takes as long."""

TRANSFER_BYTES: Final = 65536
"""Bytes that neighbouring blocks fetch or write as one transfer.

Engines round every transfer up to whole bursts and cycles, which would add up over thousands of small blocks.
"""


class Traffic(NamedTuple):
    """Bytes of one operation.

    Attributes:
        fetch: int64[steps], bytes read from DRAM.
        dram_a, dram_b: their sums by tensor.
        l2, l1: bytes that L2 and L1 deliver.
    """

    fetch: IntArray
    dram_a: int
    dram_b: int
    l2: int
    l1: int


def traffic_of(op: MatmulOp, bands: Bands, tile_n: int, sms: int, l1_bytes: int, l2_bytes: int) -> Traffic:
    """Traffic of all bands times all tiles of `tile_n` columns, one tile after the other."""
    tiles = ceil_div(op.n, tile_n) if len(bands.order) else 0
    if tiles == 0:
        return Traffic(np.zeros(0, np.int64), 0, 0, 0, 0)
    segment = bits_to_bytes(min(op.n, tile_n) * op.b.dtype.bits)
    touched = int(bands.fresh.sum())
    fetch_a = _fetched_a(op, bands, tiles, l2_bytes - touched * segment)
    fetch_b = _fetched_b(op, bands, tiles, touched, touched * segment, l2_bytes)
    gathered = int(bands.lengths.sum()) * ceil_div(segment, SECTOR_BYTES) * SECTOR_BYTES
    missed = _missed(gathered, touched * ceil_div(segment, SECTOR_BYTES) * SECTOR_BYTES, sms, l1_bytes)
    a_bytes = op.a.size.size_bytes
    return Traffic(
        gathered_up(fetch_a + fetch_b, first=True),
        int(fetch_a.sum()),
        int(fetch_b.sum()),
        tiles * (a_bytes + missed),
        tiles * (a_bytes + gathered),
    )


def gathered_up(size_bytes: IntArray, first: bool) -> IntArray:
    """int64[steps]: bytes merged into transfers of about `TRANSFER_BYTES`, each on the first or last of its steps."""
    if not len(size_bytes):
        return size_bytes
    transfer = (np.cumsum(size_bytes) - size_bytes) // TRANSFER_BYTES
    starts = np.flatnonzero(np.diff(transfer, prepend=-1))
    merged = np.zeros_like(size_bytes)
    places = starts if first else np.append(starts[1:], len(transfer)) - 1
    merged[places] = np.add.reduceat(size_bytes, starts)
    return merged


def _missed(gathered: int, distinct: int, sms: int, cache_bytes: int) -> int:
    """Bytes of a tile of B that miss L1, if every multiprocessor gathers its share of rows in random order.

    The first gather of a row always misses; g random draws out of d rows touch d (1 - exp(-g / d)) distinct ones. Later
    gathers hit with the probability that the row is resident, the fraction of the tile that fits the cache.
    """
    if distinct == 0:
        return 0
    first = sms * distinct * -expm1(-gathered / (sms * distinct))
    again = (gathered - first) * max(0, distinct - cache_bytes) / distinct
    return min(gathered, round(first + again))


def _fetched_a(op: MatmulOp, bands: Bands, tiles: int, room: int) -> IntArray:
    """A is fetched with every tile, or only with the first if L2 has `room` for it beside the tile of B."""
    once = weighted_shares(op.a.dram_bytes, bands.lengths)
    again = once if op.a.size.size_bytes > room else np.zeros_like(once)
    return np.concatenate([once, np.tile(again, tiles - 1)])


def _fetched_b(op: MatmulOp, bands: Bands, tiles: int, touched: int, tile_bytes: int, l2_bytes: int) -> IntArray:
    """A row of B is fetched by the first band that touches it; later bands miss for the part of the tile beyond L2."""
    rows = ceil_div(op.b.dram_bytes * touched, op.k) if op.k else 0
    first = weighted_shares(rows, np.tile(bands.fresh, tiles))
    if tile_bytes <= l2_bytes or touched == 0:
        return first
    repeats = (int(bands.lengths.sum()) - touched) / touched * (1 - l2_bytes / tile_bytes)
    return first + weighted_shares(round(rows * repeats), np.tile(bands.lengths - bands.fresh, tiles))
