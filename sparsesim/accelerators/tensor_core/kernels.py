"""Jitted loop over the tiles of a GEMM: which panels the L2 has to fetch."""

import numpy as np

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray

LCG_MODULUS, LCG_MULTIPLIER, LCG_INCREMENT, LCG_SEED = 1 << 31, 1103515245, 12345, 12345
"""Linear congruential generator behind the random replacement of the L2 (constants of the `rand` example in ISO C).

It is written out, with a fixed seed, so that the kernel and its reference evict the same panels in every run. State and
multiplier are below 2^31, so their product stays within an int64.
"""

LCG_DROPPED_BITS = 8
"""The low bits of a generator modulo a power of two have short periods (bit b repeats after 2^(b+1) draws)."""


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
