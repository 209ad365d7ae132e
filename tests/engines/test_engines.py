"""`fast` equals `event` cycle for cycle; the analytic bounds enclose both."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.engines.analytic import busy_cycles, lower_cycles, upper_cycles
from sparsesim.engines.event import Span, event_cycles, event_timeline
from sparsesim.engines.fast import fast_cycles
from sparsesim.engines.timed import TimedPhase, TimedSchedule


def make_phase(
    fetch, compute, write, after=None, arrivals=None, units=1, fetch_slots=1, write_slots=1, repeat=1, latency=0
):
    count = len(fetch)
    return TimedPhase(
        np.array(fetch, np.int64),
        np.array(compute, np.int64),
        np.array(write, np.int64),
        np.zeros(count, np.int64) if after is None else np.array(after, np.int64),
        np.zeros(count, np.int64) if arrivals is None else np.array(arrivals, np.int64),
        units,
        fetch_slots,
        write_slots,
        repeat,
        np.broadcast_to(np.asarray(latency, np.int64), count).copy(),
    )


@st.composite
def random_phases(draw):
    """Short cycles, many zeros: ties and empty transfers are where two engines could disagree."""
    count = draw(st.integers(0, 14))
    cycles = st.lists(st.one_of(st.just(0), st.integers(0, 6), st.integers(0, 60)), min_size=count, max_size=count)
    return make_phase(
        draw(cycles),
        draw(cycles),
        draw(cycles),
        [draw(st.integers(0, step)) for step in range(count)] if draw(st.booleans()) else None,
        [draw(st.integers(0, step)) for step in range(count)] if draw(st.booleans()) else None,
        units=draw(st.integers(1, 4)),
        fetch_slots=draw(st.integers(1, 5)),
        write_slots=draw(st.integers(1, 5)),
        repeat=draw(st.integers(1, 3)),
        latency=[draw(st.integers(0, 12)) for _ in range(count)],
    )


@st.composite
def random_schedules(draw):
    """One phase, or several that are played in rounds."""
    phases = draw(st.lists(random_phases(), min_size=1, max_size=3))
    return TimedSchedule(tuple(phases), draw(st.integers(1, 2)))


def make_steps(*arguments, **options):
    return TimedSchedule((make_phase(*arguments, **options),))


def changed(schedule, **fields):
    return TimedSchedule((schedule.phases[0]._replace(**fields),))


@settings(max_examples=600, deadline=None)
@given(random_schedules())
def test_fast_equals_event_and_lies_within_the_bounds(schedule):
    cycles = fast_cycles(schedule)
    assert cycles == event_cycles(schedule)
    assert lower_cycles(schedule) <= cycles <= upper_cycles(schedule)


@settings(max_examples=60, deadline=None)
@given(random_schedules())
def test_the_timeline_accounts_for_every_busy_cycle(schedule):
    spans = event_timeline(schedule)
    assert len(spans) == schedule.rounds * sum(3 * len(phase.fetch) * phase.repeat for phase in schedule.phases)
    dram = sorted((s.start, s.end) for s in spans if s.stage != "compute" and s.end > s.start)
    assert all(first[1] <= second[0] for first, second in pairwise(dram))
    assert sum(end - start for start, end in dram) == busy_cycles(schedule)["dram"]
    for number, phase in enumerate(schedule.phases):
        for unit in range(phase.units):
            own = [s for s in spans if (s.stage, s.unit, s.phase) == ("compute", unit, number)]
            bars = sorted((s.start, s.end) for s in own)
            assert all(first[1] <= second[0] for first, second in pairwise(bars))


@settings(max_examples=60, deadline=None)
@given(random_schedules())
def test_phases_do_not_overlap(schedule):
    """In every round all spans of a phase lie behind those of the phase before it."""
    order = [number for number, phase in enumerate(schedule.phases) if len(phase.fetch)] * schedule.rounds
    spans, now = event_timeline(schedule), 0
    for number in order:
        phase = schedule.phases[number]
        own, spans = spans[: 3 * len(phase.fetch) * phase.repeat], spans[3 * len(phase.fetch) * phase.repeat :]
        assert {span.phase for span in own} == {number}
        assert min(span.start for span in own) >= now
        now = max(span.end for span in own)


def test_a_second_phase_waits_for_the_last_write_of_the_first():
    """Multiply: fetch 0-10, compute 10-30, write 30-35; merge on two units: fetch 35-45, compute 45-50, write 50-53."""
    multiply, merge = make_phase([10], [20], [5]), make_phase([10], [5], [3], units=2)
    assert fast_cycles(TimedSchedule((multiply, merge))) == 53
    assert event_timeline(TimedSchedule((multiply, merge)))[-1] == Span("write", 0, 0, 50, 53, phase=1)
    assert fast_cycles(TimedSchedule((multiply, merge), 3)) == event_cycles(TimedSchedule((multiply, merge), 3)) == 159
    assert busy_cycles(TimedSchedule((multiply, merge))) == {"dram": 28, "compute": 20 + 3}


def test_a_hand_played_pipeline():
    """Two steps, one slot each: 10 fetch, 20 compute, 5 write.

    Step 0: fetch 0-10, compute 10-30, write 30-35. Its fetch slot is free at 10, so step 1 is fetched 10-20,
    waits for the write slot until 35, computes 35-55 and is written 55-60.
    """
    steps = make_steps([10, 10], [20, 20], [5, 5])
    assert fast_cycles(steps) == 60
    assert event_timeline(steps)[-1] == Span("write", 1, 0, 55, 60)


def test_a_second_write_slot_overlaps_compute_and_write():
    """As above, but step 1 may start when the unit is free at 30: 30-50, written 50-55."""
    assert fast_cycles(make_steps([10, 10], [20, 20], [5, 5], write_slots=2)) == 55


def test_of_two_requests_in_one_cycle_the_write_goes_first():
    """Step 0 finishes at 4, when the fetch of step 2 is issued too (its slot was freed at 4)."""
    steps = make_steps([1, 3, 7], [3, 0, 0], [2, 0, 0], fetch_slots=1, write_slots=3)
    starts = {(s.stage, s.step): s.start for s in event_timeline(steps)}
    assert starts["write", 0] == 4
    assert starts["fetch", 2] == 6
    assert fast_cycles(steps) == event_cycles(steps) == 13


def test_a_step_that_reads_what_an_earlier_one_wrote_waits_for_it():
    free = make_steps([10, 10, 10], [20, 20, 20], [5, 5, 5], fetch_slots=3, write_slots=3)
    waiting = changed(free, after_writes=np.array([0, 0, 1]))
    assert fast_cycles(free) == event_cycles(free) == 75
    # The write of step 0 leaves at 35; step 2 is fetched 35-45, computed 50-70 behind step 1 and written 70-75.
    assert fast_cycles(waiting) == event_cycles(waiting) == 75
    # The write of step 1 leaves at 55; step 2 is fetched 55-65, computed 65-85 and written 85-90.
    later = changed(free, after_writes=np.array([0, 0, 2]))
    assert fast_cycles(later) == event_cycles(later) == 90


def test_a_fetch_may_wait_for_data_on_its_way():
    free = make_steps([10, 10], [0, 0], [0, 0], fetch_slots=2, latency=100)
    waiting = changed(free, after_arrivals=np.array([0, 1]))
    assert fast_cycles(free) == event_cycles(free) == 120
    assert fast_cycles(waiting) == event_cycles(waiting) == 220


def test_latency_delays_data_but_does_not_occupy_the_dram():
    steps = make_steps([10, 10], [0, 0], [0, 0], fetch_slots=2, latency=100)
    assert fast_cycles(steps) == event_cycles(steps) == 120


@pytest.mark.parametrize("units", [1, 3])
def test_no_steps_take_no_time(units):
    steps = make_steps([], [], [], units=units)
    assert fast_cycles(steps) == event_cycles(steps) == lower_cycles(steps) == upper_cycles(steps) == 0
