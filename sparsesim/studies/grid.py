"""`resolved`: from the names in a sweep to loaded objects, each once; all faults are found before any work is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.formats import format_by_name, formats_by_name
from sparsesim.hardware import EnergyTable, Machine, common_table, load_machine, load_machines
from sparsesim.lowering import Activations, Lowering, check_activations
from sparsesim.networks import Network, load_network, read_arrays
from sparsesim.pruning import pruner_by_name
from sparsesim.results import GIVEN, POINT, UNPRUNED
from sparsesim.studies.sweep import NetworkEntry, Sweep
from sparsesim.transforms import LayerInputs, Method, as_method, as_methods

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Task:
    """One network under one method, to be run in every format on every machine: pruned and lowered only once.

    A worker gets all of it pickled; drawn weights travel as their seed. Without a `table` every machine has its own
    prices. `inputs` are what the layers read, for
    methods that need that.
    """

    network: Network
    method: Method
    inputs: LayerInputs | None
    formats: tuple[str, ...]
    machines: tuple[Machine, ...]
    table: EnergyTable | None
    lowering: Lowering
    engine: str

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


def dense_reference(network: Network, task: Task) -> Task | None:
    """The unpruned network, stored dense, on those machines of a task that have a dense kernel; None without any."""
    machines = tuple(machine for machine in task.machines if machine.has_dense_kernel)
    if not machines:
        return None
    unpruned = as_method(pruner_by_name("none"))
    return replace(task, network=network, method=unpruned, inputs=None, formats=("dense",), machines=machines)


def resolved(sweep: Sweep) -> Grid:
    """The grid of a sweep, with every network, machine, table and file of arrays loaded once.

    Raises for the first name that does not exist, file that cannot be read, and method that does not fit a network.
    """
    formats = tuple(format.name for format in formats_by_name(sweep.formats))
    cards = load_machines(map(cache(load_machine), sweep.machines))
    machines = tuple(card.with_on_violation(sweep.on_violation) for card in cards)
    table = common_table(sweep.energy_table, [unit.name for unit in machines])
    if sweep.dtype is not None:
        dtype_by_name(sweep.dtype)
    arrays, known, tasks, references = cache(read_arrays), dict[str, Network](), list[Task](), list[Task]()
    methods = as_methods(method for entry in sweep.pruners for method in entry.methods())
    for entry in sweep.networks:
        network = _network(entry, known)
        maps = _maps(entry, entry.activations, network, arrays)
        activations = Activations(sweep.activation_density, maps=maps, format=sweep.activation_format)
        activations.check(network)
        lowering = Lowering(sweep.dtype, sweep.batch, activations)
        inputs = _maps(entry, entry.calibration, network, arrays) if entry.calibration else maps
        for method in methods:
            _check(method, entry, network, inputs, activations)
            needed = inputs if method.needs == "inputs" else None
            tasks.append(Task(network, method, needed, formats, machines, table, lowering, sweep.engine))
        unpruned = None if sweep.baseline else dense_reference(network, tasks[-1])
        references += [unpruned] if unpruned else []
    return Grid(sweep.name, tuple(tasks), _baseline(sweep, machines, methods), tuple(references))


def _network(entry: NetworkEntry, known: dict[str, Network]) -> Network:
    """The network of an entry, cut down to its layers; read anew only where its name or options are others."""
    key = f"{entry.name} {entry.options()}"
    if key not in known:
        known[key] = load_network(entry.name, **entry.options())
    return known[key].select(entry.layers)


def _maps(entry: NetworkEntry, path: str | None, network: Network, arrays: Callable[[Path], Arrays]) -> Arrays | None:
    """Real inputs of the chosen layers; InputError where the file holds none of them."""
    if path is None:
        return None
    names = {layer.name for layer in network.layers}
    found = {name: array for name, array in arrays(Path(path)).items() if name in names}
    if not found:
        raise InputError(f"{path}: it holds the input of no layer of {entry.name}")
    return found


def _check(
    method: Method, entry: NetworkEntry, network: Network, inputs: LayerInputs | None, activations: Activations
) -> None:
    if method.needs == "inputs" and inputs is None:
        raise InputError(
            f"networks: {entry.name}: {method.subject} needs what the layers read; name a file of that as "
            "calibration: FILE.npz (`sparsesim evaluate --activations` writes one)"
        )
    method.check_selection(entry.layers)
    method.check(network, inputs)
    check_activations(method, activations)


def _baseline(sweep: Sweep, machines: Sequence[Machine], methods: Sequence[Method]) -> dict[str, str | float]:
    """The baseline, which must be a point of the grid; empty if none is named."""
    formats = [format_by_name(format).name for format in sweep.formats]
    pruners = {method.label for method in methods}
    known = {
        "machine": {machine.name for machine in machines},
        "format": set(formats),
        "pruner": pruners | {GIVEN} if UNPRUNED in pruners else pruners,
    }
    for field, value in sweep.baseline.items():
        if field not in POINT:
            raise UnknownNameError("baseline field", field, POINT)
        if field in known and value not in known[field]:
            raise UnknownNameError(f"baseline {field}", str(value), known[field])
    return dict(sweep.baseline)
