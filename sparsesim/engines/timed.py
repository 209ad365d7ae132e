"""The arrays that engines take: a schedule with its bytes converted into cycles of one machine."""

from typing import NamedTuple

import numpy as np

from sparsesim.accelerators.arithmetic import whole_cycles
from sparsesim.array_types import IntArray
from sparsesim.hardware import Machine
from sparsesim.schedule import Phase, Schedule


class TimedPhase(NamedTuple):
    """A phase in cycles. A tuple, so that kernels take its fields as arguments.

    Attributes:
        fetch, write: int64[steps], cycles that a transfer occupies the DRAM; 0 for no bytes.
        compute: int64[steps], cycles on one unit.
        after_writes, after_arrivals: int64[steps], see `Phase`.
        units, fetch_slots, write_slots: see `Phase`.
        repeat: how many times the steps run in a row.
        latency: int64[steps], cycles from the end of a fetch to the arrival of its data; ignored for no bytes.
    """

    fetch: IntArray
    compute: IntArray
    write: IntArray
    after_writes: IntArray
    after_arrivals: IntArray
    units: int
    fetch_slots: int
    write_slots: int
    repeat: int
    latency: IntArray


class CriticalPath(NamedTuple):
    """Where the cycles of a phase went, along the chain of events in which each waits for the one before.

    Attributes:
        memory: transfers.
        compute: computing.
        latency: from the end of a fetch to the arrival of its data, except those below.
        arrivals, writes: latency of fetches that were held back by `after_arrivals` and `after_writes`, and of those
            that followed on them.
    """

    memory: int
    compute: int
    latency: int = 0
    arrivals: int = 0
    writes: int = 0

    @property
    def cycles(self) -> int:
        """Length of the path: the cycles of the phase."""
        return sum(self)


class TimedSchedule(NamedTuple):
    """Phases, each beginning when the previous one has ended; all of them run `rounds` times."""

    phases: tuple[TimedPhase, ...]
    rounds: int = 1


def timed(schedule: Schedule, machine: Machine) -> TimedSchedule:
    """The schedule in cycles of `machine`, with transfers rounded up to whole bursts."""
    # Repetitions of a single phase overlap; those of several cannot, because each phase waits for the one before.
    alone = len(schedule.phases) == 1
    phases = tuple(_timed_phase(phase, machine, schedule.repeat if alone else 1) for phase in schedule.phases)
    return TimedSchedule(phases, 1 if alone else schedule.repeat)


def _timed_phase(phase: Phase, machine: Machine, repeat: int) -> TimedPhase:
    assert phase.after_writes is not None
    assert phase.after_arrivals is not None
    numerator, denominator = machine.dram_rate
    moved = float(phase.fetch_bytes.sum()) + float(phase.write_bytes.sum()) + phase.steps * machine.dram.burst_bytes
    waiting = phase.steps * machine.arrival_cycles(machine.dram.burst_bytes)
    longest = moved * denominator / numerator + float(phase.compute_cycles.sum()) + waiting
    whole_cycles(f"{machine.name}: {numerator / denominator:.3g} bytes per cycle from DRAM", repeat * longest)
    return TimedPhase(
        fetch=_transfer_cycles(phase.fetch_bytes, machine),
        compute=phase.compute_cycles,
        write=_transfer_cycles(phase.write_bytes, machine),
        after_writes=phase.after_writes,
        after_arrivals=phase.after_arrivals,
        units=phase.units,
        fetch_slots=phase.fetch_slots,
        write_slots=phase.write_slots,
        repeat=repeat,
        latency=_arrival_cycles(phase.fetch_bytes, machine),
    )


def _arrival_cycles(size_bytes: IntArray, machine: Machine) -> IntArray:
    """`Machine.arrival_cycles` for a whole array; it depends on the first burst only."""
    within_burst = np.minimum(size_bytes, machine.dram.burst_bytes)
    if len(within_burst) and within_burst.min() == machine.dram.burst_bytes:
        return np.full(len(within_burst), machine.arrival_cycles(machine.dram.burst_bytes), np.int64)
    # At most `burst_bytes` different values, however many steps there are.
    sizes, inverse = np.unique(within_burst, return_inverse=True)
    return np.array([machine.arrival_cycles(int(size)) for size in sizes], dtype=np.int64)[inverse]


def _transfer_cycles(size_bytes: IntArray, machine: Machine) -> IntArray:
    """`Machine.transfer_cycles` for a whole array."""
    numerator, denominator = machine.dram_rate
    bursts = -(-size_bytes // machine.dram.burst_bytes)
    if len(bursts) and int(bursts.max()) * machine.dram.burst_bytes * denominator >= 2**63:
        # Python integers do not overflow; transfers this large are rare enough for a slow path.
        return np.array([machine.transfer_cycles(int(size)) for size in size_bytes], dtype=np.int64)
    return -(-(bursts * machine.dram.burst_bytes * denominator) // numerator)
