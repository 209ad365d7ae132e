"""Jitted loops shared by several accelerators."""

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import FloatArray, IntArray

LCG_MODULUS, LCG_MULTIPLIER, LCG_INCREMENT, LCG_SEED = 1 << 31, 1103515245, 12345, 12345
"""Linear congruential generator behind the random replacement of the L2 (constants of the `rand` example in ISO C).

It is written out, with a fixed seed, so that the kernel and its reference evict the same panels in every run. State and
multiplier are below 2^31, so their product stays within an int64.
"""

LCG_DROPPED_BITS = 8
"""The low bits of a generator modulo a power of two have short periods (bit b repeats after 2^(b+1) draws)."""


@kernel
def product_nnz(columns: int, a_indptr: IntArray, a_indices: IntArray, b_indptr: IntArray, b_indices: IntArray) -> int:
    """Positions of C = A @ B that receive at least one product (before any cancellation)."""
    # Stamped with the row that last reached the column, so nothing has to be cleared between rows.
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
    """Bytes that each wave of `wave` tiles of C fetches into an L2 of `capacity_bytes` with random replacement.

    Tile (i, j) reads panel i of A and panel j of B: all of K at the height or width of the tile. Tiles are
    walked in bands of `band` tile rows, column by column within a band (the swizzle of GEMM libraries). A panel
    that another tile of the same wave has already read is not fetched again, even if the L2 is too small to keep
    it: the tiles of a wave move along K in step and share every line as it passes.

    Returns int64[4, waves]: bytes of A and of B, then the compulsory misses among them.
    """
    # Whole panels rather than lines: a tile reads all of a panel anyway, and a walk costs one step per tile instead of
    # one per line. `held[:count]` lists the resident panels and `place` is its inverse (-1: not resident); an eviction
    # moves the last entry into the gap, so every step takes constant time.
    panels = tiles_m + tiles_n
    place = np.full(panels, -1, np.int64)
    held = np.zeros(panels, np.int64)
    read_in = np.full(panels, -1, np.int64)
    count, used, state = 0, 0, LCG_SEED
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
                state = (state * LCG_MULTIPLIER + LCG_INCREMENT) % LCG_MODULUS
                drawn = (state >> LCG_DROPPED_BITS) % count
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
    """out[i] += values[i, s] * b[positions[i, s]]: operand selection by metadata, one kept value at a time.

    positions: int64[rows, slots]; unused slots hold the value 0 and may point past the last row of `b`.
    """
    rows, slots = positions.shape
    for i in range(rows):
        for s in range(slots):
            value = values[i, s]
            k = positions[i, s]
            if value != 0 and k < b.shape[0]:
                for j in range(b.shape[1]):
                    out[i, j] += value * b[k, j]
