"""The arrays that both engines play: bytes turned into cycles for one machine."""

from typing import NamedTuple

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.hardware import Machine
from sparsesim.schedule import Schedule


class Steps(NamedTuple):
    """A schedule in cycles.

    `fetch` and `write` are the cycles that a transfer occupies the DRAM (0 for no bytes), `compute` the cycles
    on one unit, all int64[steps]; `after_writes` and `after_arrivals` are
    those of the schedule; `latency`, int64[steps], follows every fetch of at least one byte.
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


def steps_on(schedule: Schedule, machine: Machine) -> Steps:
    """The schedule's steps in cycles of `machine`; transfers move whole bursts."""
    assert schedule.after_writes is not None
    assert schedule.after_arrivals is not None
    return Steps(
        fetch=_transfer_cycles(schedule.fetch_bytes, machine),
        compute=schedule.compute_cycles,
        write=_transfer_cycles(schedule.write_bytes, machine),
        after_writes=schedule.after_writes,
        after_arrivals=schedule.after_arrivals,
        units=schedule.units,
        fetch_slots=schedule.fetch_slots,
        write_slots=schedule.write_slots,
        repeat=schedule.repeat,
        latency=_arrival_cycles(schedule.fetch_bytes, machine),
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
        return np.array([machine.transfer_cycles(int(size)) for size in size_bytes], dtype=np.int64)
    return -(-(bursts * machine.dram.burst_bytes * denominator) // numerator)
