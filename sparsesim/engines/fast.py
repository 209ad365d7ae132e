"""The rules of `event`, solved as a max-plus recurrence in Numba; equal to it cycle for cycle."""

import heapq

import numpy as np

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray
from sparsesim.engines.timed import TimedSchedule


def fast_cycles(timed: TimedSchedule) -> int:
    """Cycles from the first fetch to the last write."""
    # Nothing is in flight between two phases, so their cycles add up.
    return timed.rounds * sum(int(_last_cycle(*phase)) for phase in timed.phases)


@kernel
def _last_cycle(
    fetch: IntArray,
    compute: IntArray,
    write: IntArray,
    after_writes: IntArray,
    after_arrivals: IntArray,
    units: int,
    fetch_slots: int,
    write_slots: int,
    repeat: int,
    latency: IntArray,
) -> int:
    """Walk the three in-order streams; f, s and w are the next step to fetch, start and write.

    `arrival` and `started` are circular, with one entry per slot of the fetch buffer; `finished` and `left`, with one
    per slot of the write buffer. Slots are reused in order, so entry `step % slots` still belongs to the step that must
    release the slot.

    Each pass starts all the steps it can, then grants one transfer. At least one of the next fetch and the next write
    is known by then, and an unknown one depends on the known one, so it cannot come before it: if no write is known,
    all steps that were fetched have been written, and the next write is that of the next fetch; if no fetch is known
    and any is left, it waits for a slot or for results that only the next write can release.
    """
    steps = len(fetch)
    total = steps * repeat
    arrival = np.zeros(fetch_slots, np.int64)
    started = np.zeros(fetch_slots, np.int64)
    finished = np.zeros(write_slots, np.int64)
    left = np.zeros(write_slots, np.int64)
    free_units = [np.int64(0)] * units  # a heap of the cycles at which units become free
    # Ends of writes and arrivals in the current repetition, by step, for `after_writes` and `after_arrivals`.
    landed, arrived = np.zeros(steps, np.int64), np.zeros(steps, np.int64)
    f, s, w = 0, 0, 0
    last_fetch_end, last_arrival, last_start, last_write_end, dram_free, end = 0, 0, 0, 0, 0, 0
    while w < total:
        # Start every step with a granted fetch and a known time for its write slot.
        while s < f and s - write_slots < w:
            begin = max(arrival[s % fetch_slots], last_start, free_units[0])
            if s >= write_slots:
                begin = max(begin, left[s % write_slots])
            done = begin + compute[s % steps]
            heapq.heapreplace(free_units, done)
            started[s % fetch_slots] = begin
            finished[s % write_slots] = done
            last_start = begin
            s += 1
        fetch_known = f < total and f - fetch_slots < s
        if fetch_known and after_writes[f % steps] > 0:
            fetch_known = f - f % steps + after_writes[f % steps] <= w
        fetch_at = 0
        if fetch_known:
            fetch_at = last_fetch_end
            if f >= fetch_slots:
                fetch_at = max(fetch_at, started[f % fetch_slots])
            if after_writes[f % steps] > 0:
                fetch_at = max(fetch_at, landed[after_writes[f % steps] - 1])
            if after_arrivals[f % steps] > 0:
                fetch_at = max(fetch_at, arrived[after_arrivals[f % steps] - 1])
        write_known = w < s
        write_at = max(finished[w % write_slots], last_write_end) if write_known else 0
        fetch_cycles = fetch[f % steps] if fetch_known else 0
        write_cycles = write[w % steps] if write_known else 0
        # Transfers of zero bytes bypass the DRAM, so they go before any arbitration. Ties go to the write.
        if fetch_known and fetch_cycles == 0:
            serve_fetch = True
        elif write_known and write_cycles == 0:
            serve_fetch = False
        else:
            serve_fetch = fetch_known and (not write_known or fetch_at < write_at)
        if serve_fetch:
            end_of_transfer = fetch_at
            if fetch_cycles > 0:
                dram_free = max(dram_free, fetch_at) + fetch_cycles
                end_of_transfer = dram_free
            last_fetch_end = end_of_transfer
            last_arrival = max(last_arrival, end_of_transfer + (latency[f % steps] if fetch_cycles > 0 else 0))
            arrival[f % fetch_slots] = last_arrival
            arrived[f % steps] = arrival[f % fetch_slots]
            end = max(end, arrival[f % fetch_slots])
            f += 1
        else:
            end_of_transfer = write_at
            if write_cycles > 0:
                dram_free = max(dram_free, write_at) + write_cycles
                end_of_transfer = dram_free
            last_write_end = end_of_transfer
            left[w % write_slots] = end_of_transfer
            landed[w % steps] = end_of_transfer
            end = max(end, end_of_transfer)
            w += 1
    return end
