"""Jitted loops shared by several accelerators."""

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import FloatArray, IntArray

LOTS, LOT_FACTOR, LOT_STEP, FIRST_LOT = 1 << 31, 1103515245, 12345, 12345
"""Linear congruential generator that draws which panel leaves a full L2 (ISO C, example of rand)."""


@kernel
def product_nnz(columns: int, a_indptr: IntArray, a_indices: IntArray, b_indptr: IntArray, b_indices: IntArray) -> int:
    """Positions of C = A @ B that receive at least one product (before any cancellation)."""
    seen = np.full(columns, -1, np.int64)
    nnz = 0
    for i in range(len(a_indptr) - 1):
        for p in range(a_indptr[i], a_indptr[i + 1]):
            k = a_indices[p]
            for q in range(b_indptr[k], b_indptr[k + 1]):
                j = b_indices[q]
                if seen[j] != i:
                    seen[j] = i
                    nnz += 1
    return nnz


@kernel
def panel_fetches(
    tiles_m: int,
    tiles_n: int,
    wave: int,
    capacity_bytes: int,
    a_panels: IntArray,
    b_panels: IntArray,
    band: int,
) -> IntArray:
    """Bytes that each wave of `wave` tiles of C brings into an L2 of `capacity_bytes` (a victim drawn by lot goes).

    Tile (i, j) reads panel i of A and panel j of B. Tiles are walked in bands of `band` tile rows, column by
    column within a band (the swizzle of GEMM libraries). A panel that another tile of the same wave has
    already read streams past all of them together and is not fetched again, even where the L2 is too small to
    keep it. Returns int64[4, waves]: bytes of A and of B, then those of them that are read for the first time.
    """
    panels = tiles_m + tiles_n
    place = np.full(panels, -1, np.int64)
    held = np.zeros(panels, np.int64)
    read_in = np.full(panels, -1, np.int64)
    count, used, lot = 0, 0, FIRST_LOT
    fetched = np.zeros((4, -(-tiles_m * tiles_n // wave)), np.int64)
    for tile in range(tiles_m * tiles_n):
        first = tile // (band * tiles_n) * band
        rows = min(band, tiles_m - first)
        i = first + (tile - first * tiles_n) % rows
        j = (tile - first * tiles_n) // rows
        now = tile // wave
        for operand in range(2):
            panel = i if operand == 0 else tiles_m + j
            size = a_panels[i] if operand == 0 else b_panels[j]
            if place[panel] < 0 and read_in[panel] != now:
                fetched[operand, now] += size
                if read_in[panel] < 0:
                    fetched[2 + operand, now] += size
            read_in[panel] = now
            if place[panel] >= 0 or size > capacity_bytes:
                continue
            while used + size > capacity_bytes:
                lot = (lot * LOT_FACTOR + LOT_STEP) % LOTS
                drawn = (lot >> 8) % count
                victim = held[drawn]
                used -= a_panels[victim] if victim < tiles_m else b_panels[victim - tiles_m]
                count -= 1
                held[drawn] = held[count]
                place[held[drawn]] = drawn
                place[victim] = -1
            held[count] = panel
            place[panel] = count
            count += 1
            used += size
    return fetched


@kernel
def select_and_accumulate(positions: IntArray, values: FloatArray, b: FloatArray, out: NDArray[np.float64]) -> None:
    """out[i] += values[i, s] * b[positions[i, s]]: operand selection by metadata, one kept value at a time."""
    rows, slots = positions.shape
    for i in range(rows):
        for s in range(slots):
            value = values[i, s]
            k = positions[i, s]
            if value != 0 and k < b.shape[0]:
                for j in range(b.shape[1]):
                    out[i, j] += value * b[k, j]
