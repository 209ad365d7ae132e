"""Bounds that need no simulation: the compulsory roofline below, the fully serial sum above."""

import numpy as np

from sparsesim.engines.timed import CriticalPath, TimedPhase, TimedSchedule
from sparsesim.units import ceil_div


def busy_cycles(timed: TimedSchedule) -> dict[str, int]:
    """Busy cycles of "dram" and "compute"; compute is averaged over the units and rounded up in each phase."""
    busy = [_busy(phase) for phase in timed.phases]
    return {name: timed.rounds * sum(phase[name] for phase in busy) for name in ("dram", "compute")}


def lower_cycles(timed: TimedSchedule) -> int:
    """Lower bound in cycles: no phase is faster than its busiest resource, or than its longest step."""
    return timed.rounds * sum(lower_path(phase).cycles for phase in timed.phases)


def upper_cycles(timed: TimedSchedule) -> int:
    """Upper bound in cycles: no run is slower than one without any overlap."""
    return timed.rounds * sum(upper_path(phase).cycles for phase in timed.phases)


def _busy(phase: TimedPhase) -> dict[str, int]:
    dram = int(phase.fetch.sum() + phase.write.sum()) * phase.repeat
    compute = int(phase.compute.sum()) * phase.repeat
    return {"dram": dram, "compute": ceil_div(compute, phase.units)}


def lower_path(phase: TimedPhase) -> CriticalPath:
    """The busiest resource of a phase, or its longest step."""
    if not len(phase.fetch):
        return CriticalPath(0, 0)
    busy = _busy(phase)
    longest = int(np.argmax(phase.fetch + phase.compute + phase.write))
    step = CriticalPath(int(phase.fetch[longest] + phase.write[longest]), int(phase.compute[longest]))
    paths = CriticalPath(busy["dram"], 0), CriticalPath(0, busy["compute"]), step
    return max(paths, key=lambda path: path.cycles)


def upper_path(phase: TimedPhase) -> CriticalPath:
    """Every transfer, wait and step of a phase, one after the other."""
    busy = int(phase.fetch.sum() + phase.write.sum()), int(phase.compute.sum())
    return CriticalPath(*(part * phase.repeat for part in (*busy, int(phase.latency[phase.fetch > 0].sum()))))
