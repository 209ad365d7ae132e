"""`Schedule`: what a plan hands to an engine. It says what must be done, not how long memory takes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sparsesim.array_types import IntArray


@dataclass(frozen=True, eq=False)
class Schedule:
    """Steps through three stages: fetch operands, compute on one of `units`, write back.

    Steps are fetched, started and written in order. A step occupies a slot of the fetch buffer from the
    moment its fetch is issued until its computation starts, and a slot of the write buffer from the start of
    its computation until its result has left for DRAM. Fetches and writes share the DRAM, first come first
    served. `repeat` plays the whole list that many times in a row.

    Attributes:
        fetch_bytes: int64[steps], bytes read from DRAM before the step can start.
        compute_cycles: int64[steps], cycles that the step occupies one unit.
        write_bytes: int64[steps], bytes written to DRAM afterwards.
        after_writes: int64[steps]; a step is not fetched before so many of the first steps of its repetition have
            been written, because it reads what they wrote; 0 for steps that wait for nothing.
        after_arrivals: int64[steps]; a step is not fetched before the data of so many of the first steps of its
            repetition has arrived, because no more requests may be under way, or addresses are in that data.
        units: identical compute units.
        fetch_slots: steps that the fetch buffer holds.
        write_slots: steps that the write buffer holds.
        actions: exact counts of priced actions (one repetition), by the names of energy tables.
        dram_bytes: bytes by tensor (one repetition); they add up to the fetched and written bytes.
        repeat: repetitions.
        extra: further integers for the result.
    """

    fetch_bytes: IntArray
    compute_cycles: IntArray
    write_bytes: IntArray
    units: int
    fetch_slots: int
    write_slots: int
    actions: Mapping[str, int]
    dram_bytes: Mapping[str, int]
    after_writes: IntArray | None = None
    after_arrivals: IntArray | None = None
    repeat: int = 1
    extra: Mapping[str, int | list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        steps = len(self.fetch_bytes)
        if len(self.compute_cycles) != steps or len(self.write_bytes) != steps:
            raise ValueError("the arrays of a schedule must be equally long")
        if min(self.units, self.fetch_slots, self.write_slots, self.repeat) < 1:
            raise ValueError("units, slots and repeat must be at least 1")
        for name in ("fetch_bytes", "compute_cycles", "write_bytes"):
            array = np.ascontiguousarray(getattr(self, name), dtype=np.int64)
            if steps and array.min() < 0:
                raise ValueError(f"{name} holds a negative number")
            object.__setattr__(self, name, array)
        for name in ("after_writes", "after_arrivals"):
            given = getattr(self, name)
            waits = np.zeros(steps, np.int64) if given is None else np.asarray(given, np.int64)
            if given is not None and not _only_on_earlier(waits, steps):
                raise ValueError(f"{name}: a step can only wait for steps before it")
            object.__setattr__(self, name, waits)
        moved = int(self.fetch_bytes.sum() + self.write_bytes.sum())
        if moved != sum(self.dram_bytes.values()):
            raise ValueError(f"steps move {moved} bytes, the tensors {sum(self.dram_bytes.values())}")

    @property
    def steps(self) -> int:
        """Number of steps of one repetition."""
        return len(self.fetch_bytes)


def joined(schedules: Sequence[Schedule]) -> Schedule:
    """Schedules of one unit that are played one after the other, as one; `extra` is that of the first."""
    actions, dram_bytes = Counter[str](), Counter[str]()
    for schedule in schedules:
        actions.update(schedule.actions)
        dram_bytes.update(schedule.dram_bytes)
    before = np.cumsum([0, *(schedule.steps for schedule in schedules)])[:-1].tolist()
    return replace(
        schedules[0],
        fetch_bytes=np.concatenate([schedule.fetch_bytes for schedule in schedules]),
        compute_cycles=np.concatenate([schedule.compute_cycles for schedule in schedules]),
        write_bytes=np.concatenate([schedule.write_bytes for schedule in schedules]),
        after_writes=_joined_waits([schedule.after_writes for schedule in schedules], before),
        after_arrivals=_joined_waits([schedule.after_arrivals for schedule in schedules], before),
        actions=dict(actions),
        dram_bytes=dict(dram_bytes),
    )


def _joined_waits(waits: Sequence[IntArray | None], before: Sequence[int]) -> IntArray:
    """Waits that count from the first step of all; 0 still waits for nothing."""
    arrays = zip((np.asarray(each, np.int64) for each in waits), before, strict=True)
    return np.concatenate([np.where(each > 0, each + steps, 0) for each, steps in arrays])


def _only_on_earlier(waits: IntArray, steps: int) -> bool:
    return len(waits) == steps and not ((waits > np.arange(steps)) | (waits < 0)).any()
