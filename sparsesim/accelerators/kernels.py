"""Jitted loops shared by several accelerators."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.floating[Any]]


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
    """Bytes that each tile of C brings from DRAM into an L2 of `capacity_bytes` (least recently used goes).

    Tile (i, j) reads panel i of A and panel j of B. Tiles are walked in bands of `band` tile rows, column by
    column within a band (the swizzle of GEMM libraries). A panel that another tile of the same wave has
    already read streams past all of them together and is not fetched again, even
    where the L2 is too small to keep it. Returns int64[2, tiles_m * tiles_n]: bytes of A and of B, in order of
    execution.
    """
    panels = tiles_m + tiles_n
    newer = np.full(panels, -1, np.int64)
    older = np.full(panels, -1, np.int64)
    resident = np.zeros(panels, np.bool_)
    read_in = np.full(panels, -1, np.int64)
    newest, oldest, used = -1, -1, 0
    fetched = np.zeros((2, tiles_m * tiles_n), np.int64)
    for tile in range(tiles_m * tiles_n):
        first = tile // (band * tiles_n) * band
        rows = min(band, tiles_m - first)
        i = first + (tile - first * tiles_n) % rows
        j = (tile - first * tiles_n) // rows
        for operand in range(2):
            panel = i if operand == 0 else tiles_m + j
            size = a_panels[i] if operand == 0 else b_panels[j]
            if not resident[panel] and read_in[panel] != tile // wave:
                fetched[operand, tile] = size
            read_in[panel] = tile // wave
            if resident[panel]:
                if panel == newest:
                    continue
                if older[panel] >= 0:
                    newer[older[panel]] = newer[panel]
                else:
                    oldest = newer[panel]
                older[newer[panel]] = older[panel]
            elif size > capacity_bytes:
                continue
            else:
                while used + size > capacity_bytes:
                    victim = oldest
                    resident[victim] = False
                    used -= a_panels[victim] if victim < tiles_m else b_panels[victim - tiles_m]
                    oldest = newer[victim]
                    if oldest >= 0:
                        older[oldest] = -1
                    else:
                        newest = -1
                resident[panel] = True
                used += size
            older[panel], newer[panel] = newest, -1
            if newest >= 0:
                newer[newest] = panel
            else:
                oldest = panel
            newest = panel
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
