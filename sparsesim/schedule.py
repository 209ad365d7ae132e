"""`Schedule`: what a plan hands to an engine. It says what must be done, not how long memory takes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sparsesim.array_types import IntArray

DRAM_ACTIONS = ("dram_read_bits", "dram_write_bits")
"""Actions that follow from the bytes of the steps; a plan does not state them."""


@dataclass(frozen=True, eq=False)
class Phase:
    """Steps through three stages: fetch operands, compute on one of `units`, write back.

    Steps are fetched, started and written in order. A step occupies a slot of the fetch buffer from the
    moment its fetch is issued until its computation starts, and a slot of the write buffer from the start of
    its computation until its result has left for DRAM. Fetches and writes share the DRAM, first come first
    served.

    Attributes:
        fetch_bytes: int64[steps], bytes read from DRAM before the step can start.
        compute_cycles: int64[steps], cycles that the step occupies one unit.
        write_bytes: int64[steps], bytes written to DRAM afterwards.
        units: identical compute units.
        fetch_slots: steps that the fetch buffer holds.
        write_slots: steps that the write buffer holds.
        after_writes: int64[steps]; a step is not fetched before so many of the first steps of its repetition have
            been written, because it reads what they wrote; 0 for steps that wait for nothing.
        after_arrivals: int64[steps]; a step is not fetched before the data of so many of the first steps of its
            repetition has arrived, because no more requests may be under way, or addresses are in that data.
        name: shown in timelines.
    """

    fetch_bytes: IntArray
    compute_cycles: IntArray
    write_bytes: IntArray
    units: int
    fetch_slots: int
    write_slots: int
    after_writes: IntArray | None = None
    after_arrivals: IntArray | None = None
    name: str = "run"

    def __post_init__(self) -> None:
        steps = len(self.fetch_bytes)
        if len(self.compute_cycles) != steps or len(self.write_bytes) != steps:
            raise ValueError("the arrays of a phase must be equally long")
        if min(self.units, self.fetch_slots, self.write_slots) < 1:
            raise ValueError("units and slots must be at least 1")
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

    @property
    def steps(self) -> int:
        """Number of steps of one repetition."""
        return len(self.fetch_bytes)


@dataclass(frozen=True, eq=False)
class Schedule:
    """Phases that are played one after the other, `repeat` times.

    A phase begins when everything before it has ended. A schedule of one phase has no such border, so its repetitions
    overlap as its steps do.

    Attributes:
        phases: at least one.
        actions: exact counts of priced actions (one repetition), by the names of energy tables. A name may say where
            the action happens: `prefetch_buffer.sram_read_bits`. DRAM actions are left out: they follow from the steps.
        dram_bytes: bytes by tensor (one repetition); they add up to the fetched and written bytes.
        repeat: repetitions.
        details: further integers of the unit for the result.
        note: what a reader of the result should know.
    """

    phases: tuple[Phase, ...]
    actions: Mapping[str, int]
    dram_bytes: Mapping[str, int]
    repeat: int = 1
    details: Mapping[str, int | list[int]] = field(default_factory=dict)
    note: str = ""

    def __post_init__(self) -> None:
        if not self.phases or self.repeat < 1:
            raise ValueError("a schedule needs a phase, and repeat must be at least 1")
        stated = [action for action in self.actions if action.rpartition(".")[2] in DRAM_ACTIONS]
        if stated:
            raise ValueError(f"{stated[0]} follows from the bytes of the steps")
        moved = self.fetched_bytes + self.written_bytes
        if moved != sum(self.dram_bytes.values()):
            raise ValueError(f"steps move {moved} bytes, the tensors {sum(self.dram_bytes.values())}")

    @property
    def steps(self) -> int:
        """Number of steps of one repetition."""
        return sum(phase.steps for phase in self.phases)

    @property
    def fetched_bytes(self) -> int:
        """Bytes read from DRAM in one repetition."""
        return sum(int(phase.fetch_bytes.sum()) for phase in self.phases)

    @property
    def written_bytes(self) -> int:
        """Bytes written to DRAM in one repetition."""
        return sum(int(phase.write_bytes.sum()) for phase in self.phases)


def joined(schedules: Sequence[Schedule]) -> Schedule:
    """Schedules of one unit, played one after the other, as one; `details` are those of the first.

    Single phases on the same units and buffers become one phase, so that their steps overlap; others stay apart.
    Raises ValueError for schedules that are repeated differently.
    """
    if len({schedule.repeat for schedule in schedules}) > 1:
        raise ValueError("schedules that are repeated differently cannot be joined")
    actions, dram_bytes = Counter[str](), Counter[str]()
    for schedule in schedules:
        actions.update(schedule.actions)
        dram_bytes.update(schedule.dram_bytes)
    phases = tuple(phase for schedule in schedules for phase in schedule.phases)
    if len(phases) == len(schedules) and len({_room(phase) for phase in phases}) == 1:
        phases = (_joined_phases(phases),)
    notes = dict.fromkeys(schedule.note for schedule in schedules if schedule.note)
    return replace(
        schedules[0], phases=phases, actions=dict(actions), dram_bytes=dict(dram_bytes), note="; ".join(notes)
    )


def _room(phase: Phase) -> tuple[str, int, int, int]:
    return phase.name, phase.units, phase.fetch_slots, phase.write_slots


def _joined_phases(phases: Sequence[Phase]) -> Phase:
    before = np.cumsum([0, *(phase.steps for phase in phases)])[:-1].tolist()
    return replace(
        phases[0],
        fetch_bytes=np.concatenate([phase.fetch_bytes for phase in phases]),
        compute_cycles=np.concatenate([phase.compute_cycles for phase in phases]),
        write_bytes=np.concatenate([phase.write_bytes for phase in phases]),
        after_writes=_joined_waits((phase.after_writes for phase in phases), before),
        after_arrivals=_joined_waits((phase.after_arrivals for phase in phases), before),
    )


def _joined_waits(waits: Iterable[IntArray | None], before: Sequence[int]) -> IntArray:
    """Waits that count from the first step of all; 0 still waits for nothing."""
    arrays = zip((np.asarray(each, np.int64) for each in waits), before, strict=True)
    return np.concatenate([np.where(each > 0, each + steps, 0) for each, steps in arrays])


def _only_on_earlier(waits: IntArray, steps: int) -> bool:
    return len(waits) == steps and not ((waits > np.arange(steps)) | (waits < 0)).any()
