"""Bounds that need no simulation: the compulsory roofline below, the fully serial sum above."""

import numpy as np

from sparsesim.engines.timed import TimedPhase, TimedSchedule
from sparsesim.units import ceil_div


def busy_cycles(timed: TimedSchedule) -> dict[str, int]:
    """Busy cycles of "dram" and "compute"; compute is averaged over the units and rounded up in each phase."""
    busy = [_busy(phase) for phase in timed.phases]
    return {name: timed.rounds * sum(phase[name] for phase in busy) for name in ("dram", "compute")}


def lower_cycles(timed: TimedSchedule) -> int:
    """Lower bound in cycles: no phase is faster than its busiest resource, or than its longest step."""
    return timed.rounds * sum(_lower(phase) for phase in timed.phases)


def upper_cycles(timed: TimedSchedule) -> int:
    """Upper bound in cycles: no run is slower than one without any overlap."""
    return timed.rounds * sum(_upper(phase) for phase in timed.phases)


def _busy(phase: TimedPhase) -> dict[str, int]:
    dram = int(phase.fetch.sum() + phase.write.sum()) * phase.repeat
    compute = int(phase.compute.sum()) * phase.repeat
    return {"dram": dram, "compute": ceil_div(compute, phase.units)}


def _lower(phase: TimedPhase) -> int:
    if not len(phase.fetch):
        return 0
    longest = int(np.max(phase.fetch + phase.compute + phase.write))
    return max(*_busy(phase).values(), longest)


def _upper(phase: TimedPhase) -> int:
    latencies = int(phase.latency[phase.fetch > 0].sum())
    return (int(phase.fetch.sum() + phase.compute.sum() + phase.write.sum()) + latencies) * phase.repeat
