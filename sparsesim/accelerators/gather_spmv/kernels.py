"""Jitted loops: entries and sectors of every row, and thread blocks that run on multiprocessors as they become free."""

import numpy as np

from sparsesim._jit import kernel
from sparsesim.array_types import BoolArray, IntArray

LANES = 32
"""Threads of a warp."""


@kernel
def entries_and_sectors(
    indptr: IntArray, indices: IntArray, gap_bits: int, lane_entries: int, sector_elements: int
) -> tuple[IntArray, IntArray]:
    """int64[rows] each: stored entries of a row, and sectors of x that its loads touch.

    With `gap_bits` above zero, a longer run of zeros is bridged by entries that each skip 2**gap_bits positions. A warp
    takes `LANES * lane_entries` entries at a time, `lane_entries` adjacent ones per lane; one load takes the i-th of
    every lane, and touches a sector once however many lanes want it. Positions ascend with the lanes.
    """
    rows = len(indptr) - 1
    entries, sectors = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    last = np.zeros(lane_entries, np.int64)
    for row in range(rows):
        count, touched = 0, 0
        here = -1
        for place in range(indptr[row], indptr[row + 1]):
            while here != indices[place]:
                step = indices[place] - here
                if gap_bits > 0:
                    step = min(step, 1 << gap_bits)
                here += step
                lane = count % (LANES * lane_entries) // lane_entries
                load = count % lane_entries
                sector = here // sector_elements
                if lane == 0 or sector != last[load]:
                    touched += 1
                last[load] = sector
                count += 1
        entries[row], sectors[row] = count, touched
    return entries, sectors


@kernel
def block_slots(entries: IntArray, rows: int, sms: int, span: int) -> tuple[IntArray, IntArray, IntArray, BoolArray]:
    """Blocks of `rows` rows, a warp for each, on multiprocessors that hold one block and take the next when it ends.

    A slot is the time in which every warp takes `span` entries of its row; a block lasts as long as its longest row,
    and at least one slot. Returns arrays over the slots: entries taken, warps at work on the busiest multiprocessor,
    rows that end, and whether no block is under way when the slot begins.
    """
    blocks = -(-len(entries) // rows)
    length = np.ones(blocks, np.int64)
    for block in range(blocks):
        for row in range(block * rows, min(len(entries), (block + 1) * rows)):
            length[block] = max(length[block], -(-entries[row] // span))
    free = np.zeros(sms, np.int64)
    start = np.zeros(blocks, np.int64)
    for block in range(blocks):
        sm = np.argmin(free)
        start[block] = free[sm]
        free[sm] += length[block]
    slots = free.max()
    taken, warps, ended = np.zeros(slots, np.int64), np.zeros(slots, np.int64), np.zeros(slots, np.int64)
    under_way = np.zeros(slots + 1, np.int64)
    for block in range(blocks):
        under_way[start[block] + 1] += 1
        under_way[start[block] + length[block]] -= 1
        first, last = block * rows, min(len(entries), (block + 1) * rows)
        for step in range(length[block]):
            active = 0
            for row in range(first, last):
                left = entries[row] - step * span
                if left > 0:
                    active += 1
                    taken[start[block] + step] += min(span, left)
            warps[start[block] + step] = max(warps[start[block] + step], active)
        ended[start[block] + length[block] - 1] += last - first
    fresh = np.cumsum(under_way)[:slots] == 0
    return taken, warps, ended, fresh
