"""`Task` and `Grid`: the points of a study as loaded objects, ready to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sparsesim.formats import Format
from sparsesim.hardware import EnergyTable, Machine
from sparsesim.lowering import Lowering
from sparsesim.networks import Network
from sparsesim.results import UNPRUNED
from sparsesim.studies.points import Case, Contents, case_of
from sparsesim.transforms import LayerInputs, Method, as_method


@dataclass(frozen=True, eq=False)
class Task:
    """One network under one method, to be run in every format on every machine: pruned and lowered only once.

    A worker gets all of it pickled; drawn weights travel as their seed. Without a `table` every machine has its own
    prices. `inputs` are what the layers read, for methods that need that. `case` is what its points have in common in
    their identities.
    """

    network: Network
    method: Method
    inputs: LayerInputs | None
    formats: tuple[str | Format, ...]
    machines: tuple[Machine, ...]
    table: EnergyTable | None
    lowering: Lowering
    engine: str
    case: Case

    @property
    def in_words(self) -> str:
        """The network and the method, such as "alexnet, magnitude 90%"."""
        asked = self.method.asked_sparsity
        return f"{self.network.label}, {self.method.label}{f' {asked:.0%}' if asked else ''}"


@dataclass(frozen=True, eq=False)
class Grid:
    """The points of a sweep, ready to run.

    Attributes:
        name: of the sweep.
        tasks: in the order of the sweep, networks first, then pruners, then sparsities.
        baseline: columns of the reference point; empty to compare with the dense kernel of the same machine.
        references: what is compared with then: every network unpruned and stored dense.
    """

    name: str
    tasks: tuple[Task, ...]
    baseline: Mapping[str, str | float]
    references: tuple[Task, ...] = ()

    @property
    def baseline_in_words(self) -> str:
        """The baseline for titles, such as "machine a100-pcie, pruner none, format dense"."""
        if not self.baseline:
            return dense_baseline_in_words(self.tasks[0].machines)
        return ", ".join(f"{name} {value}" for name, value in self.baseline.items())

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The machines that every task runs on."""
        return self.tasks[0].machines

    @property
    def table(self) -> EnergyTable | None:
        """The table that prices all machines; None if each has its own prices."""
        return self.tasks[0].table

    @property
    def points_per_task(self) -> int:
        """Format and machine combinations of every task."""
        return len(self.tasks[0].formats) * len(self.tasks[0].machines)

    @property
    def points(self) -> int:
        """Of all tasks."""
        return self.points_per_task * len(self.tasks)


def dense_baseline_in_words(machines: Sequence[Machine]) -> str:
    """What points on these machines are compared with if no baseline is named."""
    dense = [machine.name for machine in machines if machine.has_dense_kernel]
    others = [machine.name for machine in machines if not machine.has_dense_kernel]
    if not dense:
        return "the first pruner in the first format on the first machine"
    own = "unpruned on the dense kernel of the same machine"
    return f"{own} ({', '.join(others)}: on that of {dense[0]})" if others else own


def dense_reference(network: Network, task: Task, contents: Contents) -> Task | None:
    """The unpruned network, stored dense, on those machines of a task that have a dense kernel; None without any."""
    machines = tuple(machine for machine in task.machines if machine.has_dense_kernel)
    if not machines:
        return None
    unpruned = as_method(UNPRUNED)
    case = case_of(network, unpruned, contents, task.lowering, task.engine)
    changed = replace(task, network=network, method=unpruned, inputs=None, case=case)
    return replace(changed, formats=("dense",), machines=machines)
