"""`Task` and `Grid`: the points of a study as loaded objects, ready to run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, NamedTuple

from sparsesim.formats import Format, format_by_name
from sparsesim.hardware import EnergyTable, Machine
from sparsesim.identity import canonical_text
from sparsesim.lowering import Lowering
from sparsesim.networks import Network
from sparsesim.results import UNPRUNED, Labels
from sparsesim.studies.points import Case, Contents, case_of, machine_hash
from sparsesim.studies.product import MatrixProduct
from sparsesim.transforms import LayerInputs, Method, as_method


class Point(NamedTuple):
    """One point of a task.

    Attributes:
        network: what results call the network; in brackets what its points differ in that no other column tells.
        format: label of the format.
        machine: place in the task's machines.
        table: place in the task's tables.
        hash: identity.
        axes: the values of what is swept, by the name of the axis.
    """

    network: str
    format: str
    machine: int
    table: int
    hash: str
    axes: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Task:
    """One network under one method: pruned and lowered once for all of its points.

    Attributes:
        network: as it is before the method, or a product of matrices.
        method: what is done to it.
        inputs: what its layers read, for methods that need that.
        formats: by label.
        machines: of different labels.
        tables: of prices; None where every machine has its own.
        lowering: number type, batch, and what layers read.
        engine: by name.
        case: what its points have in common in their identities.
        points: in order.
    """

    network: Network | MatrixProduct
    method: Method
    inputs: LayerInputs | None
    formats: Mapping[str, Format]
    machines: tuple[Machine, ...]
    tables: tuple[EnergyTable | None, ...]
    lowering: Lowering
    engine: str
    case: Case
    points: tuple[Point, ...]

    @property
    def in_words(self) -> str:
        """The network and the method, such as "alexnet, magnitude 90%"."""
        asked = self.method.asked_sparsity
        label = self.points[0].network if self.points else self.network.label
        return f"{label}, {self.method.label}{f' {asked:.0%}' if asked else ''}"

    def labels(self, point: Point) -> Labels:
        """What results of a point say about where they come from."""
        asked, origin = self.method.asked_sparsity or 0.0, self.network.weights_origin
        return Labels(point.network, self.method.label, asked, origin, point.format, point.hash, point.axes)


def task_of(
    network: Network | MatrixProduct,
    method: Method,
    inputs: LayerInputs | None,
    formats: Mapping[str, Format],
    machines: Sequence[Machine],
    tables: Sequence[EnergyTable | None],
    lowering: Lowering,
    engine: str,
    contents: Contents,
    *,
    name: Callable[[int, int], tuple[str, Mapping[str, Any]]] | None = None,
    keep: Callable[[str, int, int], bool] = lambda format, machine, table: True,
    changed: str | None = None,
    priced: Callable[[int, int], str] | None = None,
) -> Task:
    """The task with every format on every machine at the prices of every table, as far as they are to be kept.

    `name` gives label of the network and axes for a place of a machine and of a table; `contents` are the hashes of
    this network and of what it reads. `changed` is the `method_hash`, and `priced` gives the `machine_hash` at the
    same places, where they are known already: grids have many tasks with the same machines.
    """
    case = case_of(network, method, contents, lowering, engine, changed=changed)
    called = name or (lambda machine, table: (network.label, {}))
    written = {label: canonical_text(format) for label, format in formats.items()}
    points = []
    for table, machine in product(range(len(tables)), range(len(machines))):
        kept = [format for format in formats if keep(format, machine, table)]
        if kept:
            label, axes = called(machine, table)
            unit = priced(machine, table) if priced else machine_hash(machines[machine], tables[table])
            points += [
                Point(label, format, machine, table, case.point_in(written[format], unit), axes) for format in kept
            ]
    parts = (network, method, inputs, dict(formats), tuple(machines), tuple(tables), lowering, engine, case)
    return Task(*parts, tuple(points))


@dataclass(frozen=True, eq=False)
class Grid:
    """The points of a sweep, ready to run.

    Attributes:
        name: of the sweep.
        tasks: in the order of the sweep, networks first, then pruners, then sparsities.
        baseline: columns of the reference point; empty to compare with the dense kernel of the same machine.
        references: what is compared with then: every network unpruned and stored dense.
        left_out: how many combinations were left out, by the reason.
        pictures: what to draw, by name, with options; none for what suits the axes.
    """

    name: str
    tasks: tuple[Task, ...]
    baseline: Mapping[str, str | float]
    references: tuple[Task, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    pictures: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def baseline_in_words(self) -> str:
        """The baseline for titles, such as "machine a100-pcie, pruner none, format dense"."""
        if not self.baseline:
            return dense_baseline_in_words(self.machines)
        return ", ".join(f"{name} {value}" for name, value in self.baseline.items())

    @property
    def machines(self) -> tuple[Machine, ...]:
        """All machines, each once; no two have one name."""
        return tuple({machine.name: machine for task in self.tasks for machine in task.machines}.values())

    @property
    def tables(self) -> tuple[EnergyTable | None, ...]:
        """All tables of prices; None where each machine has its own."""
        found = {None if table is None else table.name: table for task in self.tasks for table in task.tables}
        return tuple(found.values())

    @property
    def left_out_in_words(self) -> list[str]:
        """What was left out and why, a line for each reason, and which filters no point matches."""
        return [
            f"{count} {'points are' if count > 1 else 'point is'} left out: {reason}"
            if count
            else f"no point matches this filter: {reason}"
            for reason, count in self.left_out.items()
        ]

    @property
    def points(self) -> int:
        """Of all tasks."""
        return sum(len(task.points) for task in self.tasks)


def dense_baseline_in_words(machines: Sequence[Machine]) -> str:
    """What points on these machines are compared with if no baseline is named."""
    dense = [machine.name for machine in machines if machine.has_dense_kernel]
    others = [machine.name for machine in machines if not machine.has_dense_kernel]
    if not dense:
        return "the first pruner in the first format on the first machine"
    own = "unpruned on the dense kernel of the same machine"
    return f"{own} ({', '.join(others)}: on that of {dense[0]})" if others else own


def dense_reference(
    network: Network | MatrixProduct,
    task: Task,
    contents: Contents,
    priced: Callable[[int, int], str] | None = None,
) -> Task | None:
    """The unpruned network, stored dense, on those machines of a task that have a dense kernel; None without any.

    Every machine and table of the task has one point, called as the task's points are; `priced` as for `task_of`.
    """
    named = {(point.machine, point.table): (point.network, point.axes) for point in task.points}
    dense = [place for place, machine in enumerate(task.machines) if machine.has_dense_kernel]
    unpruned = task_of(
        network,
        as_method(UNPRUNED),
        None,
        {"dense": format_by_name("dense")},
        [task.machines[place] for place in dense],
        task.tables,
        task.lowering,
        task.engine,
        contents,
        name=lambda machine, table: named[dense[machine], table],
        keep=lambda format, machine, table: (dense[machine], table) in named,
        priced=(lambda machine, table: priced(dense[machine], table)) if priced else None,
    )
    return unpruned if unpruned.points else None


def with_points(task: Task, points: Sequence[Point]) -> Task:
    """The task with some of its points."""
    return replace(task, points=tuple(points))
