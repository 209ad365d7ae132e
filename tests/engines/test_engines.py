"""`fast` equals `event` cycle for cycle; the analytic bounds enclose both."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.engines.analytic import busy_cycles, lower_cycles, upper_cycles
from sparsesim.engines.event import Span, event_cycles, event_timeline
from sparsesim.engines.fast import fast_cycles
from sparsesim.engines.steps import Steps


def make_steps(
    fetch, compute, write, after=None, arrivals=None, units=1, fetch_slots=1, write_slots=1, repeat=1, latency=0
):
    count = len(fetch)
    return Steps(
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
def random_steps(draw):
    """Short cycles, many zeros: ties and empty transfers are where two engines could disagree."""
    count = draw(st.integers(0, 14))
    cycles = st.lists(st.one_of(st.just(0), st.integers(0, 6), st.integers(0, 60)), min_size=count, max_size=count)
    return make_steps(
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


@settings(max_examples=600, deadline=None)
@given(random_steps())
def test_fast_equals_event_and_lies_within_the_bounds(steps):
    cycles = fast_cycles(steps)
    assert cycles == event_cycles(steps)
    assert lower_cycles(steps) <= cycles <= upper_cycles(steps)


@settings(max_examples=60, deadline=None)
@given(random_steps())
def test_the_timeline_accounts_for_every_busy_cycle(steps):
    spans = event_timeline(steps)
    total = len(steps.fetch) * steps.repeat
    assert len(spans) == 3 * total
    dram = sorted((s.start, s.end) for s in spans if s.stage != "compute" and s.end > s.start)
    assert all(first[1] <= second[0] for first, second in pairwise(dram))
    assert sum(end - start for start, end in dram) == busy_cycles(steps)["dram"]
    for unit in range(steps.units):
        bars = sorted((s.start, s.end) for s in spans if s.stage == "compute" and s.unit == unit)
        assert all(first[1] <= second[0] for first, second in pairwise(bars))


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
    waiting = free._replace(after_writes=np.array([0, 0, 1]))
    assert fast_cycles(free) == event_cycles(free) == 75
    # The write of step 0 leaves at 35; step 2 is fetched 35-45, computed 50-70 behind step 1 and written 70-75.
    assert fast_cycles(waiting) == event_cycles(waiting) == 75
    # The write of step 1 leaves at 55; step 2 is fetched 55-65, computed 65-85 and written 85-90.
    later = free._replace(after_writes=np.array([0, 0, 2]))
    assert fast_cycles(later) == event_cycles(later) == 90


def test_a_fetch_may_wait_for_data_on_its_way():
    free = make_steps([10, 10], [0, 0], [0, 0], fetch_slots=2, latency=100)
    waiting = free._replace(after_arrivals=np.array([0, 1]))
    assert fast_cycles(free) == event_cycles(free) == 120
    assert fast_cycles(waiting) == event_cycles(waiting) == 220


def test_latency_delays_data_but_does_not_occupy_the_dram():
    steps = make_steps([10, 10], [0, 0], [0, 0], fetch_slots=2, latency=100)
    assert fast_cycles(steps) == event_cycles(steps) == 120


@pytest.mark.parametrize("units", [1, 3])
def test_no_steps_take_no_time(units):
    steps = make_steps([], [], [], units=units)
    assert fast_cycles(steps) == event_cycles(steps) == lower_cycles(steps) == upper_cycles(steps) == 0
