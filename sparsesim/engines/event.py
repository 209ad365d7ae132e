"""The definition of timing: a schedule played by SimPy processes, step by step.

Rules, in the order in which they matter:

1. Steps are fetched, started and written in order.
2. A fetch is issued when the previous fetch has left the DRAM, a slot of the fetch buffer is free, the first
   `after_writes` steps have been written and the data of the first `after_arrivals` steps is there. Its data can be
   used `latency` cycles after its transfer, and not before that of the step before.
3. A step starts when its data is there, the step before it has started, a unit is free and a slot of the
   write buffer is free. Starting frees its fetch slot and takes its write slot.
4. A write is issued when the step is computed and the previous write has left; then its slot is free.
5. The DRAM serves one transfer at a time, first come first served; of a fetch and a write that come in the
   same cycle the write goes first. A transfer of no bytes does not touch the DRAM.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import simpy

from sparsesim.engines.steps import Steps

WRITE, FETCH = 0, 1
_AFTER_ALL_OTHERS = 2  # SimPy runs urgent (0) and normal (1) events of a cycle first

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Span:
    """One bar of the timeline: what `stage` ("fetch", "compute", "write") did for `step` in start..end cycles."""

    stage: str
    step: int
    unit: int
    start: int
    end: int


class Dram:
    """One pipe that serves requests in order of (cycle, writes first)."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.busy = False
        self.queue: list[tuple[int, int, int, simpy.Event]] = []

    def transfer(self, kind: int, cycles: int) -> simpy.Event:
        """An event that fires with the start cycle when the transfer has left the DRAM."""
        done = self.env.event()
        if cycles == 0:
            return done.succeed(self.env.now)
        self.queue.append((int(self.env.now), kind, cycles, done))
        self._arbitrate_at_end_of_cycle()
        return done

    def _arbitrate_at_end_of_cycle(self) -> None:
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


class _Player:
    """State of one run: slots, order of events, and the three stages as processes."""

    def __init__(self, steps: Steps, record: Callable[[Span], None]) -> None:
        self.steps, self.record = steps, record
        self.env = simpy.Environment()
        self.dram = Dram(self.env)
        self.total = len(steps.fetch) * steps.repeat
        self.fetch_slots = simpy.Container(self.env, steps.fetch_slots, init=steps.fetch_slots)
        self.write_slots = simpy.Container(self.env, steps.write_slots, init=steps.write_slots)
        self.units = simpy.Store(self.env)
        self.units.items.extend(range(steps.units))
        self.arrived = [self.env.event() for _ in range(self.total)]
        self.computed = [self.env.event() for _ in range(self.total)]
        self.written = [self.env.event() for _ in range(self.total)]

    def fetch(self) -> Process:
        """Issue fetches in order (rule 2)."""
        for step in range(self.total):
            index = step % len(self.steps.fetch)
            first = step - index
            if self.steps.after_writes[index] > 0:
                yield self.written[first + int(self.steps.after_writes[index]) - 1]
            if self.steps.after_arrivals[index] > 0:
                yield self.arrived[first + int(self.steps.after_arrivals[index]) - 1]
            yield self.fetch_slots.get(1)
            cycles = int(self.steps.fetch[index])
            start = yield self.dram.transfer(FETCH, cycles)
            self.record(Span("fetch", step, 0, int(start), int(self.env.now)))
            self.env.process(self._arrive(step, int(self.steps.latency[index]) if cycles else 0))

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
        yield self.env.timeout(int(self.steps.compute[step % len(self.steps.compute)]))
        self.record(Span("compute", step, unit, start, int(self.env.now)))
        yield self.units.put(unit)
        self.computed[step].succeed()

    def write(self) -> Process:
        """Write results back in order (rule 4)."""
        for step in range(self.total):
            yield self.computed[step]
            start = yield self.dram.transfer(WRITE, int(self.steps.write[step % len(self.steps.write)]))
            self.record(Span("write", step, 0, int(start), int(self.env.now)))
            yield self.write_slots.put(1)
            self.written[step].succeed()

    def play(self) -> int:
        """Run to the end and return the last cycle."""
        for stage in (self.fetch, self.start, self.write):
            self.env.process(stage())
        self.env.run()
        return int(self.env.now)


def event_cycles(steps: Steps, record: Callable[[Span], None] | None = None) -> int:
    """Cycles from the first fetch to the last write; `record` is called with every Span as it ends."""
    return _Player(steps, record or (lambda span: None)).play() if len(steps.fetch) else 0


def event_timeline(steps: Steps) -> list[Span]:
    """All spans of a run, in the order in which they ended."""
    spans: list[Span] = []
    event_cycles(steps, spans.append)
    return spans
