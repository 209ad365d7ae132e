"""The tasks of a grid: of every network or matrix, setting and method, at those points that stay."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import Any, NamedTuple, TypeAlias

from sparsesim.errors import InputError
from sparsesim.formats import Format
from sparsesim.hardware import EnergyTable, Machine
from sparsesim.networks import Network
from sparsesim.studies.points import machine_hash
from sparsesim.studies.product import MatrixProduct
from sparsesim.studies.sweeps.filters import Selection
from sparsesim.studies.sweeps.machine_axis import bracketed
from sparsesim.studies.sweeps.settings import Setting
from sparsesim.studies.sweeps.sides import Part, joined
from sparsesim.studies.sweeps.sweep import Sweep
from sparsesim.studies.sweeps.workloads import Workload
from sparsesim.studies.sweeps.zips import Place, Steps, together
from sparsesim.studies.task import Task, dense_reference, task_of, with_points
from sparsesim.transforms import Method


class SweptTable(NamedTuple):
    """Prices, None for each machine's own, with their words for labels and where they are on their axis."""

    table: EnergyTable | None
    words: tuple[str, ...]
    steps: Steps


class SweptMethod(NamedTuple):
    """A method, how the user named it, and where it is on its axes."""

    method: Method
    given: str
    steps: Steps


class SweptFormat(NamedTuple):
    """A format, its label, how the user named it, and where it is on its axis."""

    format: Format
    label: str
    given: str
    steps: Steps


_Key: TypeAlias = tuple[str, int, int]
"""Format, place of the machine, place of the table."""


class _Unit(NamedTuple):
    """A format on a machine at prices, by their places; where all are on zipped axes, and their filters."""

    key: _Key
    place: Place
    mask: int


@dataclass
class Tasks:
    """Makes the tasks of a grid, workload by workload, and counts what is left out.

    Attributes:
        sweep: whose grid it is.
        selection: which points stay.
        machines, tables, formats: parts of all points: `SweptMachine`, `SweptTable`, `SweptFormat`.
        found: tasks, in order.
        references: what they are compared with, where the sweep names no baseline.
    """

    sweep: Sweep
    selection: Selection
    machines: Sequence[Part]
    tables: Sequence[Part]
    formats: Sequence[Part]
    found: list[Task] = field(default_factory=list)
    references: list[Task] = field(default_factory=list)
    _known: dict[str, tuple[str, int, str, tuple[str, ...]]] = field(default_factory=dict)
    _priced: dict[tuple[int, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._cards: tuple[Machine, ...] = tuple(part.content.machine for part in self.machines)
        self._tables: tuple[EnergyTable | None, ...] = tuple(part.content.table for part in self.tables)
        self._formats = {part.content.label: part.content.format for part in self.formats}
        self._units = dict[Place, list[_Unit]]()
        for unit in self._all_units():
            self._units.setdefault(unit.place, []).append(unit)

    def add(self, workload: Workload, own: Part, settings: Sequence[Part], methods: Sequence[Part]) -> None:
        """All tasks of a workload; InputError where a method or setting does not fit it, and for equal points."""
        for part in settings:
            place, mask = joined(own, part)
            if place is None:
                continue
            setting, asked = part.content, list[tuple[Method, set[_Key]]]()
            for method in methods:
                kept = self._kept(together(place, method.place), mask & method.mask)
                if kept:
                    workload.check(method.content.method, setting)
                    asked.append((method.content.method, kept))
            if asked:
                self._add(workload, setting, asked)

    def _add(self, workload: Workload, setting: Setting, asked: Sequence[tuple[Method, set[_Key]]]) -> None:
        # Tasks travel to other processes: each has the machines that it runs on, and no others.
        used = sorted({machine for _, kept in asked for _, machine, _ in kept})
        cards = self._cards if len(used) == len(self._cards) else tuple(self._cards[each] for each in used)
        named, contents = self._names(workload, setting, used), workload.contents(setting)
        lowering, made = workload.lowering(setting), list[Task]()

        def priced(machine: int, table: int) -> str:
            return self._price(used[machine], table)

        for method, kept in asked:
            task = task_of(
                workload.network,
                method,
                workload.inputs(method),
                self._formats,
                cards,
                self._tables,
                lowering,
                setting.engine,
                contents,
                name=named,
                keep=partial(_is_kept, kept, used),
                changed=workload.changed(method, contents),
                priced=priced,
            )
            self._refuse_equal(workload, setting, task)
            made.append(task)
        self.found += made
        if not self.sweep.baseline:
            every = with_points(made[-1], [point for task in made for point in task.points])
            dense = dense_reference(workload.network, every, contents, priced)
            self.references += [dense] if dense else []

    def _refuse_equal(self, workload: Workload, setting: Setting, task: Task) -> None:
        place = (*workload.place, setting.words)
        before = self._known.setdefault(task.case.hash, place)
        if before is not place:
            field, number, text, _ = before
            raise InputError(
                f"{place[2]}: under {task.method.label!r} its points are equal to those of {field}.{number}, {text}, "
                "in everything that decides a figure: leave one"
            )

    def _kept(self, place: Place | None, mask: int) -> set[_Key]:
        """Formats, machines and tables of the points that stay of a task; the others are counted."""
        if place is None:
            return set()
        return {
            unit.key
            for other, units in self._units.items()
            if together(place, other) is not None
            for unit in units
            if self.selection.keeps(mask & unit.mask)
        }

    def _all_units(self) -> Iterable[_Unit]:
        numbered = product(enumerate(self.tables), enumerate(self.machines), self.formats)
        for (table, prices), (machine, card), format in numbered:
            one = together(prices.place, card.place)
            both = None if one is None else together(one, format.place)
            if both is not None:
                key = (format.content.label, machine, table)
                yield _Unit(key, both, prices.mask & card.mask & format.mask)

    def _price(self, machine: int, table: int) -> str:
        """`machine_hash` at these places, found once."""
        key = (machine, table)
        if key not in self._priced:
            self._priced[key] = machine_hash(self._cards[machine], self._tables[table])
        return self._priced[key]

    def _names(
        self, workload: Workload, setting: Setting, used: Sequence[int]
    ) -> Callable[[int, int], tuple[str, Mapping[str, Any]]]:
        """What results call the network, and the values of all axes, for a machine and a table."""
        own = {**workload.axes, **setting.axes}
        axes = [{**own, **self.machines[each].content.axes} for each in used]
        labels = [_called(workload.network, [*setting.words, *part.content.words]) for part in self.tables]
        return lambda machine, table: (labels[table], axes[machine])


def _is_kept(kept: set[_Key], used: Sequence[int], format: str, machine: int, table: int) -> bool:
    return (format, used[machine], table) in kept


def _called(network: Network | MatrixProduct, words: Sequence[str]) -> str:
    return replace(network, name=bracketed(network.name, words)).label if words else network.label
