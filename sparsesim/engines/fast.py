"""The rules of `event`, solved as a max-plus recurrence in Numba; equal to it cycle for cycle.

Every event takes place when the latest of its conditions is met. Its row in `events` holds that time and, copied along
from the condition that came last, what the path from the start of the run to this event consists of: the critical path.
"""

import heapq

import numpy as np

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray
from sparsesim.engines.timed import CriticalPath, TimedPhase, TimedSchedule

TIME, MEMORY, LATENCY, ARRIVALS, WRITES = range(5)
"""Columns of an event: its cycle, and the cycles before it that went to anything but computing; see `CriticalPath`."""

FETCHED, ARRIVED, STARTED, WRITTEN, DRAM_FREE, END, SINGLE = range(7)
"""Rows of events of which only the latest matters; those by slot, step and unit follow from `SINGLE` on."""


def fast_cycles(timed: TimedSchedule) -> int:
    """Cycles from the first fetch to the last write."""
    # Nothing is in flight between two phases, so their cycles add up.
    return timed.rounds * sum(fast_path(phase).cycles for phase in timed.phases)


def fast_path(phase: TimedPhase) -> CriticalPath:
    """The critical path of a phase."""
    time, *others = _last_event(*phase).tolist()
    memory, latency, arrivals, writes = others
    return CriticalPath(memory, time - sum(others), latency, arrivals, writes)


@kernel
def _later(events: IntArray, one: int, other: int) -> int:
    """The row of the later event; the first of two at the same time."""
    return other if events[other, TIME] > events[one, TIME] else one


@kernel
def _follow(events: IntArray, row: int, cause: int) -> None:
    """`row` takes place when `cause` does."""
    for column in range(events.shape[1]):
        events[row, column] = events[cause, column]


@kernel
def _transfer(events: IntArray, row: int, issued: int, cycles: int) -> None:
    """`row` is the end of a transfer that is issued at the event `issued`; one of zero bytes bypasses the DRAM."""
    if cycles > 0:
        _follow(events, DRAM_FREE, _later(events, DRAM_FREE, issued))
        events[DRAM_FREE, TIME] += cycles
        events[DRAM_FREE, MEMORY] += cycles
        issued = DRAM_FREE
    _follow(events, row, issued)


@kernel
def _last_event(
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
) -> IntArray:
    """Walk the three in-order streams; f, s and w are the next step to fetch, start and write.

    The rows of `arrival` and `started` are circular, with one entry per slot of the fetch buffer; those of `finished`
    and `left`, with one per slot of the write buffer. Slots are reused in order, so entry `step % slots` still belongs
    to the step that must release the slot. `landed` and `arrived` hold the ends of writes and the arrivals in the
    current repetition, by step, for `after_writes` and `after_arrivals`; `free` holds when each unit becomes free.

    Each pass starts all the steps it can, then grants one transfer. At least one of the next fetch and the next write
    is known by then, and an unknown one depends on the known one, so it cannot come before it: if no write is known,
    all steps that were fetched have been written, and the next write is that of the next fetch; if no fetch is known
    and any is left, it waits for a slot or for results that only the next write can release.

    Returns int64[5], the last event.
    """
    steps = len(fetch)
    total = steps * repeat
    arrival, started = SINGLE, SINGLE + fetch_slots
    finished, left = started + fetch_slots, started + fetch_slots + write_slots
    landed, arrived = left + write_slots, left + write_slots + steps
    free = arrived + steps
    events = np.zeros((free + units, 5), np.int64)
    free_units = [(np.int64(0), np.int64(unit)) for unit in range(units)]  # a heap of cycles and units
    f, s, w, held_back_by = 0, 0, 0, LATENCY
    while w < total:
        # Start every step with a granted fetch and a known time for its write slot.
        while s < f and s - write_slots < w:
            unit = int(free_units[0][1])
            cause = _later(events, free + unit, STARTED)
            if s >= write_slots:
                cause = _later(events, cause, left + s % write_slots)
            _follow(events, STARTED, _later(events, cause, arrival + s % fetch_slots))
            _follow(events, started + s % fetch_slots, STARTED)
            _follow(events, free + unit, STARTED)
            events[free + unit, TIME] += compute[s % steps]
            _follow(events, finished + s % write_slots, free + unit)
            heapq.heapreplace(free_units, (events[free + unit, TIME], np.int64(unit)))
            s += 1
        step = f % steps
        fetch_known = f < total and f - fetch_slots < s
        if fetch_known and after_writes[step] > 0:
            fetch_known = f - step + after_writes[step] <= w
        # A fetch that follows on the one before, or queues for the DRAM, is held back by what held that one back.
        fetch_at, waits_for = FETCHED, held_back_by
        if fetch_known:
            if f >= fetch_slots and events[started + f % fetch_slots, TIME] > events[fetch_at, TIME]:
                fetch_at, waits_for = started + f % fetch_slots, LATENCY
            if after_writes[step] > 0 and events[landed + after_writes[step] - 1, TIME] > events[fetch_at, TIME]:
                fetch_at, waits_for = landed + after_writes[step] - 1, WRITES
            if after_arrivals[step] > 0 and events[arrived + after_arrivals[step] - 1, TIME] > events[fetch_at, TIME]:
                fetch_at, waits_for = arrived + after_arrivals[step] - 1, ARRIVALS
        write_known = w < s
        write_at = _later(events, WRITTEN, finished + w % write_slots)
        fetch_cycles = fetch[step] if fetch_known else 0
        write_cycles = write[w % steps] if write_known else 0
        # Transfers of zero bytes bypass the DRAM, so they go before any arbitration. Ties go to the write.
        if fetch_known and fetch_cycles == 0:
            serve_fetch = True
        elif write_known and write_cycles == 0:
            serve_fetch = False
        else:
            serve_fetch = fetch_known and (not write_known or events[fetch_at, TIME] < events[write_at, TIME])
        if serve_fetch:
            if events[DRAM_FREE, TIME] <= events[fetch_at, TIME]:
                held_back_by = waits_for
            _transfer(events, FETCHED, fetch_at, fetch_cycles)
            data_at = events[FETCHED, TIME] + (latency[step] if fetch_cycles > 0 else 0)
            if data_at > events[ARRIVED, TIME]:
                _follow(events, ARRIVED, FETCHED)
                events[ARRIVED, held_back_by] += data_at - events[FETCHED, TIME]
                events[ARRIVED, TIME] = data_at
            _follow(events, arrival + f % fetch_slots, ARRIVED)
            _follow(events, arrived + step, ARRIVED)
            _follow(events, END, _later(events, END, ARRIVED))
            f += 1
        else:
            _transfer(events, WRITTEN, write_at, write_cycles)
            _follow(events, left + w % write_slots, WRITTEN)
            _follow(events, landed + w % steps, WRITTEN)
            _follow(events, END, _later(events, END, WRITTEN))
            w += 1
    last: IntArray = events[END].copy()
    return last
