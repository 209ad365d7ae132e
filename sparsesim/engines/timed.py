"""The arrays that the engines play: bytes turned into cycles of one machine."""

from typing import NamedTuple

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.hardware import Machine
from sparsesim.schedule import Phase, Schedule


class TimedPhase(NamedTuple):
    """A phase in cycles.

    `fetch` and `write` are the cycles that a transfer occupies the DRAM (0 for no bytes), `compute` the cycles
    on one unit, all int64[steps]; `after_writes` and `after_arrivals` are those of the phase; `repeat` plays the
    steps that many times in a row; `latency`, int64[steps], follows every fetch of at least one byte.
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


class TimedSchedule(NamedTuple):
    """Phases of which each begins when the one before has ended, `rounds` times from first to last."""

    phases: tuple[TimedPhase, ...]
    rounds: int = 1


def timed(schedule: Schedule, machine: Machine) -> TimedSchedule:
    """The schedule in cycles of `machine`; transfers move whole bursts."""
    # Repetitions of a lone phase run into each other; those of several are kept apart by the borders between phases.
    alone = len(schedule.phases) == 1
    phases = tuple(_timed_phase(phase, machine, schedule.repeat if alone else 1) for phase in schedule.phases)
    return TimedSchedule(phases, 1 if alone else schedule.repeat)


def _timed_phase(phase: Phase, machine: Machine, repeat: int) -> TimedPhase:
    assert phase.after_writes is not None
    assert phase.after_arrivals is not None
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
    sizes, which = np.unique(within_burst, return_inverse=True)
    return np.array([machine.arrival_cycles(int(size)) for size in sizes], dtype=np.int64)[which]


def _transfer_cycles(size_bytes: IntArray, machine: Machine) -> IntArray:
    """`Machine.transfer_cycles` for a whole array."""
    numerator, denominator = machine.dram_rate
    bursts = -(-size_bytes // machine.dram.burst_bytes)
    if len(bursts) and int(bursts.max()) * machine.dram.burst_bytes * denominator >= 2**63:
        # Python's integers do not overflow; so large a transfer is rare enough to be slow.
        return np.array([machine.transfer_cycles(int(size)) for size in size_bytes], dtype=np.int64)
    return -(-(bursts * machine.dram.burst_bytes * denominator) // numerator)
