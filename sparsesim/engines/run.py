"""`run_schedule`: simulate a schedule on a machine and return its `Counts`."""

from collections.abc import Callable
from typing import Final

from sparsesim.counts import Counts
from sparsesim.engines.analytic import busy_cycles, lower_cycles, upper_cycles
from sparsesim.engines.fast import fast_cycles
from sparsesim.engines.timed import TimedSchedule, timed
from sparsesim.errors import UnknownNameError
from sparsesim.hardware import Machine
from sparsesim.schedule import Schedule
from sparsesim.units import BITS_PER_BYTE, ceil_div


def _event_cycles(schedule: TimedSchedule) -> int:
    from sparsesim.engines.event import event_cycles  # imported here so that only users of this engine load SimPy

    return event_cycles(schedule)


ENGINES: Final[dict[str, Callable[[TimedSchedule], int]]] = {
    "fast": fast_cycles,
    "event": _event_cycles,
    "lower-bound": lower_cycles,
    "upper-bound": upper_cycles,
}


def run_schedule(schedule: Schedule, machine: Machine, engine: str = "fast") -> Counts:
    """Counts of one run; `engine` is "fast" (default), "event", "lower-bound" or "upper-bound".

    Actions and bytes are those of the schedule times its repetitions, with DRAM actions derived from its bytes. Cycles
    are the machine's launch cycles plus those of the engine, and at least the interval between two launches. Raises
    UnknownNameError for any other engine.
    """
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    in_cycles = timed(schedule, machine)
    actions = {**schedule.actions, **_dram_actions(schedule)}
    return Counts(
        cycles=max(machine.launch_cycles + ENGINES[engine](in_cycles), machine.launch_interval_cycles),
        actions={action: count * schedule.repeat for action, count in actions.items()},
        dram_bytes={tensor: size * schedule.repeat for tensor, size in schedule.dram_bytes.items()},
        busy_cycles={"launch": max(machine.launch_cycles, machine.launch_interval_cycles), **busy_cycles(in_cycles)},
        details=schedule.details,
        note=schedule.note,
    )


def least_cycles(schedule: Schedule, machine: Machine) -> int:
    """Lower bound on the cycles of any engine, however fast the DRAM: launch, then compute on all units."""
    computing = sum(
        ceil_div(int(phase.compute_cycles.sum()) * schedule.repeat, phase.units) for phase in schedule.phases
    )
    return max(machine.launch_cycles + computing, machine.launch_interval_cycles)


def _dram_actions(schedule: Schedule) -> dict[str, int]:
    """DRAM reads and writes of one repetition, in bits."""
    return {
        "dram_read_bits": BITS_PER_BYTE * schedule.fetched_bytes,
        "dram_write_bits": BITS_PER_BYTE * schedule.written_bytes,
    }
