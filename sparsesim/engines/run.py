"""`run_schedule`: simulate a schedule on a machine and return its `Counts`."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from sparsesim.accelerators.arithmetic import in_proportion
from sparsesim.counts import Counts
from sparsesim.engines.analytic import busy_cycles, lower_path, upper_path
from sparsesim.engines.fast import fast_path
from sparsesim.engines.timed import CriticalPath, TimedPhase, TimedSchedule, timed
from sparsesim.errors import UnknownNameError
from sparsesim.hardware import Machine
from sparsesim.schedule import Phase, Schedule
from sparsesim.units import BITS_PER_BYTE, ceil_div


def _event_path(phase: TimedPhase) -> CriticalPath:
    from sparsesim.engines.event import event_cycles  # imported here so that only users of this engine load SimPy

    # SimPy's events do not say what they waited for; the same rules in `fast` do.
    waits = fast_path(phase)._asdict()
    return CriticalPath(**in_proportion(event_cycles(TimedSchedule((phase,))), waits))


ENGINES: Final[dict[str, Callable[[TimedPhase], CriticalPath]]] = {
    "fast": fast_path,
    "event": _event_path,
    "lower-bound": lower_path,
    "upper-bound": upper_path,
}
"""How long a phase takes, and what for."""


def run_schedule(schedule: Schedule, machine: Machine, engine: str = "fast") -> Counts:
    """Counts of one run; `engine` is "fast" (default), "event", "lower-bound" or "upper-bound".

    Actions and bytes are those of the schedule times its repetitions, with DRAM actions derived from its bytes. Cycles
    are the machine's launch cycles plus those of the engine, and at least the interval between two launches. They are
    told apart by resource along the critical path: transfers are "memory", computing is shared out as the phase's own
    `resources` are, the launch is what is not the engine's. Raises UnknownNameError for any other engine.
    """
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    in_cycles = timed(schedule, machine)
    actions = {**schedule.actions, **_dram_actions(schedule)}
    resource_cycles = Counter[str]()
    for phase, phase_in_cycles in zip(schedule.phases, in_cycles.phases, strict=True):
        resource_cycles.update(_resource_cycles(phase, ENGINES[engine](phase_in_cycles), in_cycles.rounds))
    playing = resource_cycles.total()
    cycles = max(machine.launch_cycles + playing, machine.launch_interval_cycles)
    resource_cycles["launch"] += cycles - playing
    return Counts(
        cycles=cycles,
        actions={action: count * schedule.repeat for action, count in actions.items()},
        dram_bytes={tensor: size * schedule.repeat for tensor, size in schedule.dram_bytes.items()},
        busy_cycles={"launch": max(machine.launch_cycles, machine.launch_interval_cycles), **busy_cycles(in_cycles)},
        details=schedule.details,
        resource_cycles={name: count for name, count in resource_cycles.most_common() if count},
        note=schedule.note,
    )


def _resource_cycles(phase: Phase, path: CriticalPath, rounds: int) -> Counter[str]:
    """Cycles by resource of all rounds of a phase."""
    spent = Counter(in_proportion(path.compute, phase.resources))
    # Names may coincide, so each is added on its own.
    spent.update(memory=path.memory, latency=path.latency)
    spent.update({phase.arrivals_resource: path.arrivals})
    spent.update({phase.writes_resource: path.writes})
    return Counter({name: rounds * cycles for name, cycles in spent.items()})


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
