"""The definition of timing: a schedule simulated step by step, with SimPy processes.

The rules:

1. Steps are fetched, started and written in order.
2. A fetch is issued once the previous fetch has left the DRAM, a slot of the fetch buffer is free, the first
   `after_writes` steps have been written and the data of the first `after_arrivals` steps has arrived. Data arrives
   `latency` cycles after its transfer, and in order.
3. A step starts once its data has arrived, the previous step has started, and a unit and a slot of the write buffer
   are free. Starting releases its fetch slot and takes its write slot.
4. A write is issued once the step is computed and the previous write is done, and releases its slot when it is done
   itself.
5. The DRAM serves one transfer at a time, first come first served; of a fetch and a write issued in the same cycle,
   the write goes first. A transfer of zero bytes bypasses the DRAM.
6. A phase begins when the last step of the previous phase has been written.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import simpy

from sparsesim.engines.timed import TimedPhase, TimedSchedule

WRITE, FETCH = 0, 1
_AFTER_ALL_OTHERS = 2  # SimPy runs urgent (0) and normal (1) events of a cycle first

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Span:
    """One bar of the timeline.

    Attributes:
        stage: "fetch", "compute" or "write".
        step: counted from the start of its phase, across repetitions.
        unit: compute unit; 0 for the other stages.
        start, end: first cycle, and one past the last.
        phase: index of the phase in the schedule.
    """

    stage: str
    step: int
    unit: int
    start: int
    end: int
    phase: int = 0


class Dram:
    """One pipe that serves requests in order of issue, writes first within a cycle."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.busy = False
        self.queue: list[tuple[int, int, int, simpy.Event]] = []

    def transfer(self, kind: int, cycles: int) -> simpy.Event:
        """An event that fires when the transfer has left the DRAM; its value is the cycle in which that began."""
        done = self.env.event()
        if cycles == 0:
            return done.succeed(self.env.now)
        self.queue.append((int(self.env.now), kind, cycles, done))
        self._arbitrate_at_end_of_cycle()
        return done

    def _arbitrate_at_end_of_cycle(self) -> None:
        # SimPy runs the events of a cycle in the order in which they were scheduled. Only after all of them is it known
        # which requests compete, so arbitration needs a priority that the public interface does not offer.
        turn = self.env.event()
        turn.callbacks.append(lambda _: self._serve_next())
        turn._ok, turn._value = True, None
        self.env.schedule(turn, priority=_AFTER_ALL_OTHERS)

    def _serve_next(self) -> None:
        if self.busy or not self.queue:
            return
        first = min(self.queue, key=lambda request: request[:2])
        self.queue.remove(first)
        self.busy = True
        self.env.process(self._occupy(first[2], first[3]))

    def _occupy(self, cycles: int, done: simpy.Event) -> Process:
        start = self.env.now
        yield self.env.timeout(cycles)
        self.busy = False
        done.succeed(start)
        self._arbitrate_at_end_of_cycle()


class _PhaseRun:
    """One phase: its buffers and units, and the three stages as processes."""

    def __init__(self, env: simpy.Environment, dram: Dram, phase: TimedPhase, record: Callable[[Span], None]) -> None:
        self.env, self.dram, self.phase, self.record = env, dram, phase, record
        self.total = len(phase.fetch) * phase.repeat
        self.fetch_slots = simpy.Container(env, phase.fetch_slots, init=phase.fetch_slots)
        self.write_slots = simpy.Container(env, phase.write_slots, init=phase.write_slots)
        self.units = simpy.Store(env)
        self.units.items.extend(range(phase.units))
        self.arrived = [env.event() for _ in range(self.total)]
        self.computed = [env.event() for _ in range(self.total)]
        self.written = [env.event() for _ in range(self.total)]

    def fetch(self) -> Process:
        """Issue fetches in order (rule 2)."""
        for step in range(self.total):
            index = step % len(self.phase.fetch)
            first = step - index
            if self.phase.after_writes[index] > 0:
                yield self.written[first + int(self.phase.after_writes[index]) - 1]
            if self.phase.after_arrivals[index] > 0:
                yield self.arrived[first + int(self.phase.after_arrivals[index]) - 1]
            yield self.fetch_slots.get(1)
            cycles = int(self.phase.fetch[index])
            start = yield self.dram.transfer(FETCH, cycles)
            self.record(Span("fetch", step, 0, int(start), int(self.env.now)))
            self.env.process(self._arrive(step, int(self.phase.latency[index]) if cycles else 0))

    def _arrive(self, step: int, latency: int) -> Process:
        yield self.env.timeout(latency)
        if step > 0:
            yield self.arrived[step - 1]
        self.arrived[step].succeed()

    def start(self) -> Process:
        """Start steps in order on free units (rule 3)."""
        for step in range(self.total):
            yield self.arrived[step]
            yield self.write_slots.get(1)
            unit = yield self.units.get()
            yield self.fetch_slots.put(1)
            self.env.process(self._compute(step, unit))

    def _compute(self, step: int, unit: int) -> Process:
        start = int(self.env.now)
        yield self.env.timeout(int(self.phase.compute[step % len(self.phase.compute)]))
        self.record(Span("compute", step, unit, start, int(self.env.now)))
        yield self.units.put(unit)
        self.computed[step].succeed()

    def write(self) -> Process:
        """Write results back in order (rule 4)."""
        for step in range(self.total):
            yield self.computed[step]
            start = yield self.dram.transfer(WRITE, int(self.phase.write[step % len(self.phase.write)]))
            self.record(Span("write", step, 0, int(start), int(self.env.now)))
            yield self.write_slots.put(1)
            self.written[step].succeed()

    def play(self) -> simpy.Event:
        """Start the three stages; returns an event that fires when the last of them is done."""
        return self.env.all_of([self.env.process(stage()) for stage in (self.fetch, self.start, self.write)])


def event_cycles(timed: TimedSchedule, record: Callable[[Span], None] | None = None) -> int:
    """Cycles from the first fetch to the last write; calls `record` with every Span as it ends."""
    env = simpy.Environment()
    env.process(_phases(env, timed, record or (lambda span: None)))
    env.run()
    return int(env.now)


def _phases(env: simpy.Environment, timed: TimedSchedule, record: Callable[[Span], None]) -> Process:
    """Run the phases one after the other (rule 6)."""
    dram = Dram(env)
    for _ in range(timed.rounds):
        for number, phase in enumerate(timed.phases):
            yield _PhaseRun(env, dram, phase, partial(_record_of, number, record)).play()


def _record_of(phase: int, record: Callable[[Span], None], span: Span) -> None:
    record(replace(span, phase=phase))


def event_timeline(timed: TimedSchedule) -> list[Span]:
    """All spans of a run, ordered by end."""
    spans: list[Span] = []
    event_cycles(timed, spans.append)
    return spans
