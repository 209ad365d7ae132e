"""Where the cycles of a phase go: the chain of events in which each waits for the one before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.engines import ENGINES, TimedPhase, TimedSchedule, run_schedule
from sparsesim.engines.event import event_cycles
from sparsesim.engines.fast import fast_path
from sparsesim.engines.timed import CriticalPath
from sparsesim.hardware import load_machine
from sparsesim.schedule import Phase, Schedule


def phase_of(fetch, compute, write, **changes):
    arrays = [np.array(given, np.int64) for given in (fetch, compute, write)]
    nothing = np.zeros(len(fetch), np.int64)
    plain = {"after_writes": nothing, "after_arrivals": nothing, "latency": nothing}
    plain |= {"units": 1, "fetch_slots": 2, "write_slots": 1, "repeat": 1}
    given = {name: np.array(value) if isinstance(value, list) else value for name, value in changes.items()}
    return TimedPhase(*arrays[:2], write=arrays[2], **(plain | given))


@st.composite
def phases(draw, writes=True, most_units=3):
    steps = draw(st.integers(1, 12))
    cycles = st.lists(st.integers(0, 30), min_size=steps, max_size=steps)
    earlier = [[draw(st.integers(0, step)) for step in range(steps)] for _ in range(2)]
    return phase_of(
        draw(cycles),
        draw(cycles),
        draw(cycles) if writes else [0] * steps,
        after_writes=earlier[0],
        after_arrivals=earlier[1],
        latency=draw(cycles),
        units=draw(st.integers(1, most_units)),
        fetch_slots=draw(st.integers(1, 4)),
        write_slots=draw(st.integers(1, 4)),
        repeat=draw(st.integers(1, 3)),
    )


@settings(max_examples=200, deadline=None)
@given(phase=phases())
def test_no_path_is_longer_or_shorter_than_its_run(phase):
    path = fast_path(phase)
    assert path.cycles == sum(path) == event_cycles(TimedSchedule((phase,)))
    assert min(path) >= 0
    assert path.memory <= phase.repeat * (phase.fetch.sum() + phase.write.sum())
    assert path.compute <= phase.repeat * phase.compute.sum()
    for engine in ENGINES.values():
        assert min(engine(phase)) >= 0
    assert ENGINES["event"](phase) == path


@settings(max_examples=200, deadline=None)
@given(phase=phases(writes=False, most_units=1))
def test_what_the_path_holds_is_what_a_slower_resource_costs(phase):
    """The path is still there if one resource takes twice as long, as long as nothing can overtake anything.

    A write may overtake a fetch, and of several units the first one that is free takes a step.
    """
    path = fast_path(phase)
    slower_memory = phase._replace(fetch=2 * phase.fetch)
    slower_units = phase._replace(compute=2 * phase.compute)
    slower_arrival = phase._replace(latency=2 * phase.latency)
    waits = path.latency + path.arrivals + path.writes
    for changed, part in ((slower_memory, path.memory), (slower_units, path.compute), (slower_arrival, waits)):
        assert fast_path(changed).cycles >= path.cycles + part


@pytest.mark.parametrize(
    ("phase", "path"),
    [
        # The first fetch and the last write stand beside 3 x 20 cycles of computing.
        (phase_of([5] * 3, [20] * 3, [4] * 3, write_slots=2), CriticalPath(9, 60)),
        (phase_of([20] * 3, [5] * 3, [0] * 3), CriticalPath(60, 5)),
        (phase_of([1] * 3, [2] * 3, [0] * 3, latency=[50] * 3, fetch_slots=3), CriticalPath(1, 6, 50)),
        # One step at a time: all that a step does is on the path.
        (phase_of([1] * 3, [2] * 3, [0] * 3, latency=[50] * 3, fetch_slots=1), CriticalPath(3, 2, 150)),
        # The second and third fetch wait for the data of the one before.
        (
            phase_of([1] * 3, [2] * 3, [0] * 3, latency=[50] * 3, fetch_slots=3, after_arrivals=[0, 1, 2]),
            CriticalPath(3, 2, 50, 100),
        ),
        # The second fetch reads what the first step has written; the third follows on it, and so waited as well.
        (
            phase_of([1] * 3, [2, 0, 0], [3, 0, 0], latency=[50] * 3, fetch_slots=3, after_writes=[0, 1, 0]),
            CriticalPath(1 + 3 + 1 + 1, 2, 50, 0, 50),
        ),
        # Three units share four steps: the last one of them waits for a unit.
        (phase_of([0] * 4, [10, 20, 30, 40], [0] * 4, units=3, fetch_slots=4, write_slots=4), CriticalPath(0, 50)),
        (phase_of([], [], []), CriticalPath(0, 0)),
    ],
)
def test_paths_by_hand(phase, path):
    assert fast_path(phase) == path


def test_bounds_by_hand():
    """Two steps that take 10 cycles in DRAM and 8 on a unit each, or one that takes longer than all DRAM together."""
    phase = phase_of([6, 6], [8, 8], [4, 4], latency=[7, 7], repeat=2)
    assert ENGINES["lower-bound"](phase) == CriticalPath(40, 0)
    assert ENGINES["upper-bound"](phase) == CriticalPath(40, 32, 28)
    assert ENGINES["lower-bound"](phase._replace(compute=np.array([30, 8]))) == CriticalPath(0, 76)
    assert ENGINES["lower-bound"](phase._replace(compute=np.array([99, 8]), repeat=1, units=4)) == CriticalPath(10, 99)


BARE = load_machine("core-i7-5930k")


def counts_of(phase, repeat=1, machine=BARE, engine="fast"):
    moved = int(phase.fetch_bytes.sum() + phase.write_bytes.sum())
    return run_schedule(Schedule((phase,), {}, {"A": moved}, repeat), machine, engine)


def test_a_unit_that_names_no_resource_computes():
    phase = Phase(np.array([64, 0]), np.array([1000, 3000]), np.zeros(2), 1, 2, 2)
    assert phase.resources == {"compute": 4000}
    counts = counts_of(phase, 3)
    assert counts.resource_cycles["compute"] == 12_000
    assert sum(counts.resource_cycles.values()) == counts.cycles
    assert counts.resource_cycles.keys() == {"compute", "memory", "latency"}


def test_computing_is_shared_out_as_the_resources_of_the_phase_are():
    resources = {"SIMD": 2, "gather": 1, "idle": 0}
    phase = Phase(np.zeros(1), np.array([3]), np.zeros(1), 1, 1, 1, resources=resources)
    assert counts_of(phase, 100).resource_cycles == {"SIMD": 200, "gather": 100}


def test_waits_have_the_names_that_the_phase_gives_them():
    waits = {"after_writes": np.array([0, 1, 0]), "after_arrivals": np.array([0, 0, 2])}
    names = {"arrivals_resource": "B fetch", "writes_resource": "writer"}
    phase = Phase(np.full(3, 64), np.full(3, 2), np.array([64, 0, 0]), 1, 3, 3, **waits, **names)
    spent = counts_of(phase).resource_cycles
    assert spent["B fetch"] == spent["writer"] == spent["latency"] > 0
    plain = counts_of(Phase(np.full(3, 64), np.full(3, 2), np.array([64, 0, 0]), 1, 3, 3, **waits)).resource_cycles
    assert plain["latency"] == 3 * spent["latency"]


@pytest.mark.parametrize("resources", [{"SIMD": 2}, {"SIMD": 4, "gather": -1}])
def test_resources_that_do_not_add_up_are_refused(resources):
    with pytest.raises(ValueError, match=r"resources: .* do not add up to 3 compute cycles"):
        Phase(np.zeros(1), np.array([3]), np.zeros(1), 1, 1, 1, resources=resources)


def test_the_launch_is_what_the_engine_does_not_take():
    phase = Phase(np.zeros(1), np.array([3000]), np.zeros(1), 1, 1, 1, resources={"SIMD": 3000})
    timing = {"clock_hz": 10**9, "launch_ns": 500.0}
    launched = BARE.model_copy(update=timing)
    assert counts_of(phase, machine=launched).resource_cycles == {"SIMD": 3000, "launch": 500}
    held_up = BARE.model_copy(update=timing | {"launch_interval_ns": 4500.0})
    assert counts_of(phase, machine=held_up).resource_cycles == {"SIMD": 3000, "launch": 1500}
    assert counts_of(phase, machine=held_up).cycles == 4500


def test_phases_add_up_resource_by_resource():
    first = Phase(np.zeros(1), np.array([30]), np.zeros(1), 1, 1, 1, resources={"multipliers": 30})
    second = Phase(np.zeros(1), np.array([7]), np.zeros(1), 1, 1, 1, resources={"merger": 5, "multipliers": 2})
    counts = run_schedule(Schedule((first, second), {}, {"A": 0}, 3), BARE)
    assert counts.resource_cycles == {"multipliers": 96, "merger": 15}
