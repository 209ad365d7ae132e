"""Jitted loops: vectors of a matrix, first touches of B, and warp schedulers shared by their resident blocks."""

import heapq

import numpy as np

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray

NEVER = np.int64(2**62)
"""End of an empty slot: later than any event."""


@kernel
def vector_columns(
    indptr: IntArray, indices: IntArray, columns: int, height: int, width: int
) -> tuple[IntArray, IntArray]:
    """Pointers int64[bands + 1] and the columns that each band of `height` rows stores, in order of first use.

    A column is stored if its block of `width` columns holds a non-zero in any row of the band.
    """
    rows = len(indptr) - 1
    bands = -(-rows // height)
    blocks = -(-columns // width)
    # Stamped with the band that last stored the block, so nothing has to be cleared between bands.
    stamp = np.full(blocks, -1, np.int64)
    pointers = np.zeros(bands + 1, np.int64)
    stored = np.empty(len(indices) * width, np.int64)
    count = 0
    for band in range(bands):
        for place in range(indptr[band * height], indptr[min(rows, (band + 1) * height)]):
            block = indices[place] // width
            if stamp[block] != band:
                stamp[block] = band
                for column in range(block * width, min(columns, (block + 1) * width)):
                    stored[count] = column
                    count += 1
        pointers[band + 1] = count
    return pointers, stored[:count].copy()


@kernel
def first_touches(order: IntArray, pointers: IntArray, stored: IntArray, columns: int) -> IntArray:
    """int64[len(order)]: columns that a band stores and no earlier band in `order` does."""
    seen = np.zeros(columns, np.int64)
    fresh = np.zeros(len(order), np.int64)
    for place in range(len(order)):
        band = order[place]
        for entry in range(pointers[band], pointers[band + 1]):
            if seen[stored[entry]] == 0:
                seen[stored[entry]] = 1
                fresh[place] += 1
    return fresh


@kernel
def _next_end(ends: IntArray, now: int, done: int, residents: int, service: int, latency: int) -> int:
    """When the first resident of a scheduler ends, given that each has been served `done` units of work by `now`."""
    if residents == 0:
        return int(NEVER)
    return now + (int(ends.min()) - done) * max(latency, residents * service)


@kernel
def resident_ticks(
    work: IntArray, schedulers: int, slots: int, service: int, latency: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Ticks from start to end of every block; blocks are assigned in order to slots as they free up.

    Processor sharing: all residents of a scheduler progress at the same rate, one unit of work per `latency` ticks,
    or per `residents * service` if that is longer. `done` is the scheduler's virtual time, the work served to each
    resident so far: a block that arrives at `done` ends at done + work, however many come and go meanwhile, so nothing
    has to be updated for the others and all numbers stay integers.

    Returns int64[blocks], and by scheduler int64[schedulers] when its last block ends, and how many ticks until then
    its residents were too few to hide their latency.
    """
    blocks = len(work)
    start, took = np.zeros(blocks, np.int64), np.zeros(blocks, np.int64)
    ends = np.full((schedulers, slots), NEVER, np.int64)
    block_in = np.zeros((schedulers, slots), np.int64)
    done, residents = np.zeros(schedulers, np.int64), np.zeros(schedulers, np.int64)
    until, waiting = np.zeros(schedulers, np.int64), np.zeros(schedulers, np.int64)
    assigned = min(blocks, schedulers * slots)
    for block in range(assigned):
        scheduler, slot = block % schedulers, block // schedulers
        ends[scheduler, slot], block_in[scheduler, slot] = work[block], block
        residents[scheduler] += 1
    busy = min(blocks, schedulers)
    # A heap of time * schedulers + scheduler: one int64 per event instead of a tuple, and simultaneous events come in
    # order of scheduler. Only a change of residents alters a scheduler's next end, so each has exactly one event.
    events = [np.int64(0)] * busy
    for scheduler in range(busy):
        next_end = _next_end(ends[scheduler], 0, 0, residents[scheduler], service, latency)
        events[scheduler] = np.int64(next_end * schedulers + scheduler)
    heapq.heapify(events)
    while len(events) > 0:
        now, scheduler = int(events[0]) // schedulers, int(events[0]) % schedulers
        if residents[scheduler] * service < latency:
            waiting[scheduler] += now - until[scheduler]
        until[scheduler] = now
        slot = int(np.argmin(ends[scheduler]))
        done[scheduler] = ends[scheduler, slot]
        took[block_in[scheduler, slot]] = now - start[block_in[scheduler, slot]]
        if assigned < blocks:
            start[assigned] = now
            ends[scheduler, slot], block_in[scheduler, slot] = done[scheduler] + work[assigned], assigned
            assigned += 1
        else:
            ends[scheduler, slot] = NEVER
            residents[scheduler] -= 1
        if residents[scheduler] > 0:
            next_end = _next_end(ends[scheduler], now, done[scheduler], residents[scheduler], service, latency)
            heapq.heapreplace(events, np.int64(next_end * schedulers + scheduler))
        else:
            heapq.heappop(events)
    return took, until, waiting
