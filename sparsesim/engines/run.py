"""`run_schedule`: play a schedule on a machine and return its `Counts`."""

from collections.abc import Callable
from typing import Final

from sparsesim.counts import Counts
from sparsesim.engines.analytic import busy_cycles, lower_cycles, upper_cycles
from sparsesim.engines.fast import fast_cycles
from sparsesim.engines.steps import Steps, steps_on
from sparsesim.errors import UnknownNameError
from sparsesim.hardware import Machine
from sparsesim.schedule import Schedule
from sparsesim.units import ceil_div


def _event_cycles(steps: Steps) -> int:
    from sparsesim.engines.event import event_cycles  # SimPy is loaded only by those who ask for it

    return event_cycles(steps)


ENGINES: Final[dict[str, Callable[[Steps], int]]] = {
    "fast": fast_cycles,
    "event": _event_cycles,
    "lower-bound": lower_cycles,
    "upper-bound": upper_cycles,
}


def run_schedule(schedule: Schedule, machine: Machine, engine: str = "fast") -> Counts:
    """Counts of one run; `engine` is "fast" (default), "event", "lower-bound" or "upper-bound".

    Action counts and bytes come from the schedule, times its repetitions; cycles come from the engine, plus
    the machine's launch cycles, and are at least as many as lie between two launches.
    """
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    steps = steps_on(schedule, machine)
    repeat = schedule.repeat
    return Counts(
        cycles=max(machine.launch_cycles + ENGINES[engine](steps), machine.launch_interval_cycles),
        actions={action: count * repeat for action, count in schedule.actions.items()},
        dram_bytes={tensor: size * repeat for tensor, size in schedule.dram_bytes.items()},
        busy_cycles={"launch": max(machine.launch_cycles, machine.launch_interval_cycles), **busy_cycles(steps)},
        extra=schedule.extra,
    )


def least_cycles(schedule: Schedule, machine: Machine) -> int:
    """Cycles that no run can take fewer of, in no engine, whatever the DRAM does: launch, then busy units."""
    computing = ceil_div(int(schedule.compute_cycles.sum()) * schedule.repeat, schedule.units)
    return max(machine.launch_cycles + computing, machine.launch_interval_cycles)
