"""`resolved`: from the names in a sweep to loaded objects, each once; all faults are found before any work is done."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError
from sparsesim.formats import format_by_name
from sparsesim.hardware import Machine, common_table, load_machine
from sparsesim.lowering import Activations, Lowering
from sparsesim.networks import Network, load_network, read_arrays
from sparsesim.studies.checks import check_baseline, check_points, check_run
from sparsesim.studies.labels import (
    Named,
    distinct_labels,
    formats_told_apart,
    machines_told_apart,
    methods_told_apart,
)
from sparsesim.studies.points import case_of, contents_of
from sparsesim.studies.sweep import NetworkEntry, Sweep
from sparsesim.studies.task import Grid, Task, dense_reference, task_of
from sparsesim.transforms import LayerInputs, Method

Arrays = dict[str, NDArray[Any]]


class _Entry(NamedTuple):
    """One network of a sweep, with what its layers read."""

    number: int
    given: NetworkEntry
    network: Network
    activations: Activations
    inputs: LayerInputs | None


def resolved(sweep: Sweep) -> Grid:
    """The grid of a sweep, with every network, machine, table and file of arrays loaded once.

    Raises for the first name that does not exist, file that cannot be read, method that does not fit a network,
    baseline that is no point, and for points that are equal, each with the place in the sweep. Parts of one name are
    told apart by what differs, see `distinct_labels`.
    """
    amounts = sum(len(entry.sparsity) or 1 for entry in sweep.pruners)
    with sweep.at():
        check_points(len(sweep.networks), amounts, len(sweep.formats), len(sweep.machines))
    for number, name in enumerate(sweep.formats):
        with sweep.at("formats", number):
            format_by_name(name)
    formats = formats_told_apart(sweep.formats)
    machines = _machines(sweep)
    with sweep.at("energy_table"):
        table = common_table(sweep.energy_table, [unit.name for unit in machines])
    if sweep.dtype is not None:
        with sweep.at("dtype"):
            dtype_by_name(sweep.dtype)
    methods = _methods(sweep)
    tasks, references, known = list[Task](), list[Task](), dict[str, _Entry]()
    for entry in _entries(sweep):
        lowering = Lowering(sweep.dtype, sweep.batch, entry.activations)
        needed = entry.inputs if any(method.needs == "inputs" for method in methods) else None
        with sweep.at("networks", entry.number):
            for method in methods:
                _check(method, entry, lowering, sweep.engine)
            contents = contents_of(entry.network, entry.activations, needed)
            for method in methods:
                case = case_of(entry.network, method, contents, lowering, sweep.engine)
                before = known.setdefault(case.hash, entry)
                if before is not entry:
                    raise InputError(
                        f"{entry.given.name}: under {method.label!r} its points are equal to those of networks."
                        f"{before.number}, {before.given.name}, in everything that decides a figure: leave one"
                    )
                inputs = entry.inputs if method.needs == "inputs" else None
                parts = (entry.network, method, inputs, formats, machines, [table], lowering, sweep.engine, contents)
                tasks.append(task_of(*parts))
        unpruned = None if sweep.baseline else dense_reference(entry.network, tasks[-1], contents)
        references += [unpruned] if unpruned else []
    networks = {task.network.label: task.network for task in tasks}
    with sweep.at("baseline"):
        names = [machine.name for machine in machines]
        baseline = check_baseline(sweep.baseline, networks.values(), methods, formats, names)
    return Grid(sweep.name, tuple(tasks), baseline, tuple(references))


def _machines(sweep: Sweep) -> tuple[Machine, ...]:
    load, cards = cache(load_machine), list[tuple[str, Machine]]()
    for number, name in enumerate(sweep.machines):
        with sweep.at("machines", number):
            cards.append((name, load(name)))
    with sweep.at():
        return tuple(machines_told_apart(cards, sweep.on_violation))


def _methods(sweep: Sweep) -> list[Method]:
    methods = list[Method]()
    for number, entry in enumerate(sweep.pruners):
        with sweep.at("pruners", number):
            methods += entry.methods()
    with sweep.at():
        return methods_told_apart(methods)


def _entries(sweep: Sweep) -> list[_Entry]:
    """The networks of a sweep, of which no two have one name."""
    arrays, known, found = cache(read_arrays), dict[str, Network](), list[_Entry]()
    for number, entry in enumerate(sweep.networks):
        with sweep.at("networks", number):
            network = _network(entry, known)
            maps = _maps(entry, entry.activations, network, arrays)
            activations = Activations(sweep.activation_density, maps=maps, format=sweep.activation_format)
            inputs = _maps(entry, entry.calibration, network, arrays) if entry.calibration else maps
            found.append(_Entry(number, entry, network, activations, inputs))
    parts = [
        Named(each.network.name, str(each.number), each.given.model_dump(exclude={"name"}), each.given.name)
        for each in found
    ]
    return [
        each if label == each.network.name else each._replace(network=replace(each.network, name=label))
        for label, each in zip(distinct_labels(parts), found, strict=True)
    ]


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


def _check(method: Method, entry: _Entry, lowering: Lowering, engine: str) -> None:
    if method.needs == "inputs" and entry.inputs is None:
        raise InputError(
            f"{entry.given.name}: {method.subject} needs what the layers read; name a file of that as "
            "calibration: FILE.npz (`sparsesim evaluate --activations` writes one)"
        )
    method.check_selection(entry.given.layers)
    check_run(entry.network, method, entry.inputs, lowering, engine)
