"""From operation and machine to the run of the fastest plan, once for operations that are alike."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from sparsesim.counts import Counts
from sparsesim.engines.run import least_cycles, run_schedule
from sparsesim.hardware import Machine
from sparsesim.hardware.power import seconds_under_cap
from sparsesim.matmul import MatmulOp
from sparsesim.units import cycles_to_seconds


@dataclass(frozen=True)
class Run:
    """One operation played on one machine, before it is priced; `capped` if the power cap stretched `seconds`."""

    counts: Counts
    seconds: float
    capped: bool


def fastest_run(
    op: MatmulOp, machine: Machine, engine: str = "fast", trace: Any = None, runs: int | None = None
) -> Run:
    """The run of the fastest of the accelerator's plans; the earlier one if two take equally long.

    `trace` may hold `machine.accelerator.trace(op)`; `runs` is as in `seconds_under_cap`.
    """
    best: Run | None = None
    for plan in machine.accelerator.plans(op, trace):
        # Plans come with more and more cycles of the units, so that no later one can win either.
        if best is not None and cycles_to_seconds(least_cycles(plan, machine), machine.clock_hz) >= best.seconds:
            break
        counts = run_schedule(plan, machine, engine)
        seconds, capped = seconds_under_cap(counts, machine, runs)
        if best is None or seconds < best.seconds:
            best = Run(counts, seconds, capped)
    assert best is not None
    return best


@dataclass(frozen=True)
class Runs:
    """Runs on one machine; operations that are alike, as many layers of a network are, are played once."""

    machine: Machine
    engine: str = "fast"
    done: dict[Hashable, Run] = field(default_factory=dict)

    def of(self, op: MatmulOp, trace: Callable[[], Any]) -> Run:
        """The run of this operation, or of one like it; `trace` is called only if there was none."""
        likeness = self.machine.accelerator.likeness(op)
        run = None if likeness is None else self.done.get(likeness)
        if run is None:
            run = fastest_run(op, self.machine, self.engine, trace())
            if likeness is not None:
                self.done[likeness] = run
        return run
