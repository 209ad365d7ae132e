"""`Schedule`: what a plan hands to an engine: the work to do, but not how long memory takes for it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sparsesim.array_types import IntArray

DRAM_ACTIONS = ("dram_read_bits", "dram_write_bits")
"""Actions derived from the bytes of the steps; a plan must not list them."""


@dataclass(frozen=True, eq=False)
class Phase:
    """Steps through a pipeline of three stages: fetch operands, compute on one of `units`, write back.

    Steps are fetched, started and written in order. A step holds a slot of the fetch buffer from the issue of its
    fetch until it starts to compute, and a slot of the write buffer from then until its result has left for DRAM.
    Fetches and writes share the DRAM, first come first served. `engines.event` states the rules exactly.

    Raises ValueError for arrays of unequal length, negative numbers, less than one unit or slot, waits for steps that
    do not come before, and resources that do not add up to the compute cycles.

    Attributes:
        fetch_bytes: int64[steps], bytes read from DRAM before the step can start.
        compute_cycles: int64[steps], cycles for which the step occupies one unit.
        write_bytes: int64[steps], bytes written to DRAM afterwards.
        units: number of identical compute units.
        fetch_slots: steps that the fetch buffer holds.
        write_slots: steps that the write buffer holds.
        after_writes: int64[steps], how many of the first steps of the repetition must have been written before the
            step is fetched, because it reads their results; 0 for no wait.
        after_arrivals: int64[steps], how many of the first steps of the repetition must have arrived before the step
            is fetched, because requests in flight are limited or its addresses are in that data; 0 for no wait.
        name: shown in timelines.
        resources: the sum of `compute_cycles`, by the resource that decided them (names in `sparsesim.resources`);
            "compute" for all of them where the unit does not say.
        arrivals_resource, writes_resource: what the run waits for where a fetch is held back by `after_arrivals` or
            `after_writes`.
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
    resources: Mapping[str, int] = field(default_factory=dict)
    arrivals_resource: str = "latency"
    writes_resource: str = "latency"

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
        computing = int(self.compute_cycles.sum())
        object.__setattr__(self, "resources", dict(self.resources) or {"compute": computing})
        if min(self.resources.values()) < 0 or sum(self.resources.values()) != computing:
            raise ValueError(f"resources: {self.resources} do not add up to {computing} compute cycles")

    @property
    def steps(self) -> int:
        """Number of steps of one repetition."""
        return len(self.fetch_bytes)


@dataclass(frozen=True, eq=False)
class Schedule:
    """Phases that run one after the other, `repeat` times.

    A phase begins when the previous one has ended. A single phase does not wait for itself, so its repetitions overlap
    just as its steps do.

    Raises ValueError without phases, for `repeat` below 1, for DRAM actions, and if `dram_bytes` and the bytes of the
    steps differ.

    Attributes:
        phases: at least one.
        actions: exact counts of priced actions in one repetition, by the names in energy tables. A name may start with
            the component: `prefetch_buffer.sram_read_bits`. DRAM actions are left out: they follow from the steps.
        dram_bytes: bytes by tensor in one repetition; they add up to the bytes fetched and written.
        repeat: number of repetitions.
        details: further integers from the unit, for the result.
        note: remark for readers of the result.
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


def concatenated(schedules: Sequence[Schedule]) -> Schedule:
    """Schedules of one unit in sequence, as one schedule; `details` are those of the first.

    Schedules of a single phase with the same units and buffers are joined into one phase, so their steps overlap;
    otherwise the phases stay separate. Raises ValueError for schedules with different `repeat`.
    """
    if len({schedule.repeat for schedule in schedules}) > 1:
        raise ValueError("schedules that are repeated differently cannot be joined")
    actions, dram_bytes = Counter[str](), Counter[str]()
    for schedule in schedules:
        actions.update(schedule.actions)
        dram_bytes.update(schedule.dram_bytes)
    phases = tuple(phase for schedule in schedules for phase in schedule.phases)
    if len(phases) == len(schedules) and len({_pipeline(phase) for phase in phases}) == 1:
        phases = (_concatenated_phases(phases),)
    notes = dict.fromkeys(schedule.note for schedule in schedules if schedule.note)
    return replace(
        schedules[0], phases=phases, actions=dict(actions), dram_bytes=dict(dram_bytes), note="; ".join(notes)
    )


def _pipeline(phase: Phase) -> tuple[str, int, int, int, str, str]:
    slots = phase.units, phase.fetch_slots, phase.write_slots
    return phase.name, *slots, phase.arrivals_resource, phase.writes_resource


def _concatenated_phases(phases: Sequence[Phase]) -> Phase:
    first_steps = np.cumsum([0, *(phase.steps for phase in phases)])[:-1].tolist()
    resources = Counter[str]()
    for phase in phases:
        resources.update(phase.resources)
    return replace(
        phases[0],
        fetch_bytes=np.concatenate([phase.fetch_bytes for phase in phases]),
        compute_cycles=np.concatenate([phase.compute_cycles for phase in phases]),
        write_bytes=np.concatenate([phase.write_bytes for phase in phases]),
        after_writes=_concatenated_waits((phase.after_writes for phase in phases), first_steps),
        after_arrivals=_concatenated_waits((phase.after_arrivals for phase in phases), first_steps),
        resources=resources,
    )


def _concatenated_waits(waits: Iterable[IntArray | None], first_steps: Sequence[int]) -> IntArray:
    """Waits counted from the first step of the joined phase; 0 is still no wait."""
    arrays = zip((np.asarray(counts, np.int64) for counts in waits), first_steps, strict=True)
    return np.concatenate([np.where(counts > 0, counts + first, 0) for counts, first in arrays])


def _only_on_earlier(waits: IntArray, steps: int) -> bool:
    return len(waits) == steps and not ((waits > np.arange(steps)) | (waits < 0)).any()
