"""`resolved`: from the names in a sweep to loaded objects, each once; all faults are found before any work is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.formats import format_by_name
from sparsesim.hardware import EnergyTable, Machine, common_table, load_machine
from sparsesim.lowering import Activations, Lowering, check_activations
from sparsesim.networks import Network, load_network, read_arrays
from sparsesim.results import POINT
from sparsesim.studies.sweep import NetworkEntry, Sweep
from sparsesim.transforms import LayerInputs, Method

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


@dataclass(frozen=True, eq=False)
class Grid:
    """The points of a sweep, ready to run.

    Attributes:
        name: of the sweep.
        tasks: in the order of the sweep, networks first, then pruners, then sparsities.
        baseline: columns of the reference point: as described, else the first pruner in the first format on the
            first machine.
    """

    name: str
    tasks: tuple[Task, ...]
    baseline: Mapping[str, str | float]

    @property
    def baseline_in_words(self) -> str:
        """The baseline for titles, such as "machine a100-pcie, pruner none, format dense"."""
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


def resolved(sweep: Sweep) -> Grid:
    """The grid of a sweep, with every network, machine, table and file of arrays loaded once.

    Raises for the first name that does not exist, file that cannot be read, and method that does not fit a network.
    """
    for format in sweep.formats:
        format_by_name(format)
    machine = cache(load_machine)
    machines = tuple(machine(name).with_on_violation(sweep.on_violation) for name in sweep.machines)
    table = common_table(sweep.energy_table, [unit.name for unit in machines])
    if sweep.dtype is not None:
        dtype_by_name(sweep.dtype)
    arrays, known, tasks = cache(read_arrays), dict[str, Network](), list[Task]()
    methods = [method for entry in sweep.pruners for method in entry.methods()]
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
            tasks.append(Task(network, method, needed, sweep.formats, machines, table, lowering, sweep.engine))
    return Grid(sweep.name, tuple(tasks), _baseline(sweep, machines, methods))


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
    """The baseline, which must be a point of the grid."""
    formats = [format_by_name(format).name for format in sweep.formats]
    known = {
        "machine": {machine.name for machine in machines},
        "format": set(formats),
        "pruner": {method.label for method in methods},
    }
    for field, value in sweep.baseline.items():
        if field not in POINT:
            raise UnknownNameError("baseline field", field, POINT)
        if field in known and value not in known[field]:
            raise UnknownNameError(f"baseline {field}", str(value), known[field])
    return dict(sweep.baseline) or {"machine": machines[0].name, "format": formats[0], "pruner": methods[0].label}
