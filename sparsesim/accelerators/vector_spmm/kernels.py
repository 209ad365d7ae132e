"""Vectors of a matrix, first touches of B, and schedulers that share their time among resident blocks."""

import heapq

import numpy as np

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray

NEVER = np.int64(2**62)


@kernel
def vector_columns(
    indptr: IntArray, indices: IntArray, columns: int, height: int, width: int
) -> tuple[IntArray, IntArray]:
    """Pointers int64[bands + 1] and the columns that each band of `height` rows stores, in the order of discovery.

    A column is stored where its block of `width` columns holds a non-zero in any row of the band.
    """
    rows = len(indptr) - 1
    bands = -(-rows // height)
    blocks = -(-columns // width)
    stamp = np.full(blocks, -1, np.int64)
    pointers = np.zeros(bands + 1, np.int64)
    found = np.empty(len(indices) * width, np.int64)
    count = 0
    for band in range(bands):
        for place in range(indptr[band * height], indptr[min(rows, (band + 1) * height)]):
            block = indices[place] // width
            if stamp[block] != band:
                stamp[block] = band
                for column in range(block * width, min(columns, (block + 1) * width)):
                    found[count] = column
                    count += 1
        pointers[band + 1] = count
    return pointers, found[:count].copy()


@kernel
def first_touches(order: IntArray, pointers: IntArray, found: IntArray, columns: int) -> IntArray:
    """int64[len(order)]: columns that a band stores and no band before it in `order` does."""
    seen = np.zeros(columns, np.int64)
    fresh = np.zeros(len(order), np.int64)
    for place in range(len(order)):
        band = order[place]
        for entry in range(pointers[band], pointers[band + 1]):
            if seen[found[entry]] == 0:
                seen[found[entry]] = 1
                fresh[place] += 1
    return fresh


@kernel
def _next_end(ends: IntArray, now: int, done: int, residents: int, service: int, latency: int) -> int:
    """When the first resident of a scheduler finishes, which has done `done` units for each of them."""
    if residents == 0:
        return int(NEVER)
    return now + (int(ends.min()) - done) * max(latency, residents * service)


@kernel
def resident_ticks(work: IntArray, schedulers: int, slots: int, service: int, latency: int) -> IntArray:
    """Ticks from start to end of every block, dealt in order to the schedulers' `slots` as they fall free.

    A unit of work takes `latency` ticks alone and `residents * service` where that is longer, all residents of a
    scheduler moving on together. `done` is the work that a scheduler has done for each of its residents, so that
    a block which comes at `done` ends at done + work; all of it stays a whole number.
    """
    blocks = len(work)
    start, took = np.zeros(blocks, np.int64), np.zeros(blocks, np.int64)
    ends = np.full((schedulers, slots), NEVER, np.int64)
    holds = np.zeros((schedulers, slots), np.int64)
    done, residents = np.zeros(schedulers, np.int64), np.zeros(schedulers, np.int64)
    dealt = min(blocks, schedulers * slots)
    for block in range(dealt):
        scheduler, slot = block % schedulers, block // schedulers
        ends[scheduler, slot], holds[scheduler, slot] = work[block], block
        residents[scheduler] += 1
    busy = min(blocks, schedulers)
    # Times and schedulers in one number, so that the smallest is the next event and ties are settled.
    events = [np.int64(0)] * busy
    for scheduler in range(busy):
        next_end = _next_end(ends[scheduler], 0, 0, residents[scheduler], service, latency)
        events[scheduler] = np.int64(next_end * schedulers + scheduler)
    heapq.heapify(events)
    while len(events) > 0:
        now, scheduler = int(events[0]) // schedulers, int(events[0]) % schedulers
        slot = int(np.argmin(ends[scheduler]))
        done[scheduler] = ends[scheduler, slot]
        took[holds[scheduler, slot]] = now - start[holds[scheduler, slot]]
        if dealt < blocks:
            start[dealt] = now
            ends[scheduler, slot], holds[scheduler, slot] = done[scheduler] + work[dealt], dealt
            dealt += 1
        else:
            ends[scheduler, slot] = NEVER
            residents[scheduler] -= 1
        if residents[scheduler] > 0:
            next_end = _next_end(ends[scheduler], now, done[scheduler], residents[scheduler], service, latency)
            heapq.heapreplace(events, np.int64(next_end * schedulers + scheduler))
        else:
            heapq.heappop(events)
    return took
