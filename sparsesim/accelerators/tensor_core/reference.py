"""The definition behind `kernels.py`, with the L2 as a list of panels; slow, for tests."""

import numpy as np

from sparsesim.accelerators.tensor_core.kernels import (
    LCG_DROPPED_BITS,
    LCG_INCREMENT,
    LCG_MODULUS,
    LCG_MULTIPLIER,
    LCG_SEED,
)
from sparsesim.array_types import IntArray


def walk(tiles_m: int, tiles_n: int, band: int) -> list[tuple[int, int]]:
    """Tiles of C in order of execution: bands of tile rows, column by column within a band."""
    order = []
    for first in range(0, tiles_m, band):
        for j in range(tiles_n):
            order += [(i, j) for i in range(first, min(first + band, tiles_m))]
    return order


def panel_fetches(
    tiles_m: int, tiles_n: int, wave: int, capacity: int, a_panels: list[int], b_panels: list[int], band: int
) -> IntArray:
    """int64[4, waves]: bytes of A and of B per wave, then compulsory misses alone, with the L2 as a list of panels."""
    sizes = {("A", i): size for i, size in enumerate(a_panels)} | {("B", j): size for j, size in enumerate(b_panels)}
    resident: list[tuple[str, int]] = []
    seen: set[tuple[str, int]] = set()
    fetched = np.zeros((4, -(-tiles_m * tiles_n // wave)), np.int64)
    streamed: set[tuple[str, int]] = set()
    state = LCG_SEED
    for number, (i, j) in enumerate(walk(tiles_m, tiles_n, band)):
        if number % wave == 0:
            streamed = set()
        for operand, panel in enumerate((("A", i), ("B", j))):
            if panel not in resident and panel not in streamed:
                fetched[operand, number // wave] += sizes[panel]
                fetched[2 + operand, number // wave] += 0 if panel in seen else sizes[panel]
            streamed.add(panel)
            seen.add(panel)
            if panel not in resident and sizes[panel] <= capacity:
                while sum(sizes[held] for held in resident) + sizes[panel] > capacity:
                    state = (state * LCG_MULTIPLIER + LCG_INCREMENT) % LCG_MODULUS
                    last = resident.pop()
                    drawn = (state >> LCG_DROPPED_BITS) % (len(resident) + 1)
                    if drawn < len(resident):
                        resident[drawn] = last
                resident.append(panel)
    return fetched
