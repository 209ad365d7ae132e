"""`resolved`: from the names in a sweep to loaded objects, each once; all faults are found before any work is done."""

from collections.abc import Sequence
from dataclasses import replace

from sparsesim.errors import InputError
from sparsesim.formats import Format, format_by_name
from sparsesim.hardware import OWN, common_table
from sparsesim.identity import content_hash
from sparsesim.results import GIVEN, UNPRUNED
from sparsesim.studies.labels import Named, distinct_labels, formats_told_apart, methods_told_apart, refuse_equal
from sparsesim.studies.product import SELF, MatrixProduct, matrix_products, matrix_sources, source_label
from sparsesim.studies.sweeps.axis import listed
from sparsesim.studies.sweeps.filters import Selection, Values
from sparsesim.studies.sweeps.grid_baseline import grid_baseline
from sparsesim.studies.sweeps.machine_axis import SweptMachine, bracketed, swept_machines
from sparsesim.studies.sweeps.networks_axis import swept_networks
from sparsesim.studies.sweeps.pictures import check_pictures
from sparsesim.studies.sweeps.settings import SETTINGS, Setting, settings
from sparsesim.studies.sweeps.sides import METHODS, WORKLOADS, Part, Sides, check_given, parts_of, sides_of
from sparsesim.studies.sweeps.sweep import Sweep
from sparsesim.studies.sweeps.task_sets import SweptFormat, SweptMethod, SweptTable, Tasks
from sparsesim.studies.sweeps.workloads import ProductWorkload, Workload, network_workloads
from sparsesim.studies.sweeps.zips import Steps
from sparsesim.studies.task import Grid
from sparsesim.tensors import Tensor
from sparsesim.tensors.collections import MatrixSource
from sparsesim.transforms import Method, as_method


def resolved(sweep: Sweep) -> Grid:
    """The grid of a sweep, with every network, machine, table and file of arrays loaded once.

    Raises for the first name that does not exist, file that cannot be read, field that a machine does not have, method
    that does not fit a network, baseline that is no point, for points that are equal, and where none are left, each
    with the place in the sweep. Parts of one name are told apart by what differs, see `distinct_labels`.
    """
    check_given(sweep)
    check_pictures(sweep)
    sources = _sources(sweep)
    sides = sides_of(sweep, [len(each) for each in sources])
    formats, (machines, left_out) = _formats(sweep, sides.formats), swept_machines(sweep, sides.machines)
    tables = _tables(sweep, [machine.base for machine in machines], sides.tables)
    chosen, of_products = settings(sweep, sides.settings), settings(sweep, sides.products)
    methods = _methods(sweep, sides.methods)
    selection = Selection(sweep.skip, sweep.only)
    paths = {path for machine in machines for path in machine.axes}
    tasks = Tasks(
        sweep,
        selection,
        parts_of(machines, sides, selection, _of_machine, {"machine", "equal", *paths}),
        parts_of(tables, sides, selection, _of_table, {"energy_table"}),
        parts_of(formats, sides, selection, _of_format, {"format"}),
    )
    changes = parts_of(methods, sides, selection, _of_method, METHODS)
    of_networks = parts_of(chosen, sides, selection, _of_setting, SETTINGS)
    of_matrices = parts_of(of_products, sides, selection, _of_product_setting, SETTINGS)
    unchanged = [Part(SweptMethod(as_method(UNPRUNED), "", {}), sides.zips.place({}), selection.all)]
    networks = swept_networks(sweep, sides.networks)
    for workload in network_workloads(sweep, networks, [each.method for each in methods]):
        (own,) = parts_of([workload], sides, selection, _of_network, WORKLOADS)
        with sweep.at(*workload.place[:2]):
            tasks.add(workload, own, of_networks, changes)
    for product in _products(sweep, sources, sides):
        (own,) = parts_of([product], sides, selection, _of_product, WORKLOADS | METHODS)
        with sweep.at(*product.place[:2]):
            tasks.add(product, own, of_matrices, unchanged)
    left_out |= selection.left_out
    with sweep.at():
        if not tasks.found:
            told = ", ".join(f"{count} as {reason}" for reason, count in left_out.items() if count)
            raise InputError(f"no point is left{f': {told} are left out' if told else ''}")
    baseline = grid_baseline(
        sweep, tasks.found, [each.method for each in methods], [f.label for f in formats], machines
    )
    drawn = tuple((picture.kind, picture.options()) for picture in sweep.pictures)
    return Grid(sweep.name, tuple(tasks.found), baseline, tuple(tasks.references), left_out, drawn)


def _sources(sweep: Sweep) -> list[list[MatrixSource | Tensor]]:
    found = []
    for number, entry in enumerate(sweep.matrices):
        with sweep.at("matrices", number):
            if not listed(sweep.columns if entry.columns is None else entry.columns):
                raise InputError("columns: a number of columns of the dense operand is needed, or self for A x A")
            found.append(matrix_sources(entry.name))
    return found


def _formats(sweep: Sweep, asked: Sequence[Steps]) -> list[SweptFormat]:
    """What is given twice is there once."""
    found = dict[Format, tuple[str, Steps]]()
    for steps in asked:
        given = sweep.formats[steps.get("format", 0)]
        with sweep.at("formats", steps.get("format", 0)):
            found.setdefault(format_by_name(given), (given if isinstance(given, str) else "", steps))
    apart = formats_told_apart([*found])
    return [SweptFormat(format, label, *found[format]) for label, format in apart.items()]


def _methods(sweep: Sweep, asked: Sequence[Steps]) -> list[SweptMethod]:
    """What is given twice is there once."""
    found = dict[tuple[str, str], tuple[Method, str, Steps]]()
    for number, entry in enumerate(sweep.pruners):
        with sweep.at("pruners", number):
            made = entry.methods()
        for steps in (each for each in asked if each["pruner"] == number):
            method = made[steps.get("sparsity", 0)]
            key = (content_hash([method, method.label == UNPRUNED]), method.label)
            found.setdefault(key, (method, entry.name if isinstance(entry.name, str) else "", steps))
    if not found:
        return []
    with sweep.at():
        apart = methods_told_apart([method for method, _, _ in found.values()])
    given = zip(apart, found.values(), strict=True)
    return [SweptMethod(method, text, steps) for method, (_, text, steps) in given]


def _tables(sweep: Sweep, bases: Sequence[str], asked: Sequence[Steps]) -> list[SweptTable]:
    """Own prices first: points are simulated at the first ones and priced again at the others."""
    several, found = len(sweep.energy_table) > 1, list[SweptTable]()
    for steps in asked:
        number = steps.get("energy_table", 0)
        choice = sweep.energy_table[number]
        with sweep.at("energy_table", *([number] if several else [])):
            table = common_table(OWN if several and choice in (None, "") else choice, bases)
        words = ("own prices" if table is None else table.name,) if several else ()
        found.append(SweptTable(table, words, steps))
    with sweep.at():
        parts = [Named(each.words[0], content_hash(each.table), each.table) for each in found if several]
        refuse_equal("energy_table", parts)
    labels = distinct_labels(parts)
    named = [each._replace(words=(label,)) for label, each in zip(labels, found, strict=True)] if several else found
    return sorted(named, key=lambda each: each.table is not None)


def _products(sweep: Sweep, sources: list[list[MatrixSource | Tensor]], sides: Sides) -> list[ProductWorkload]:
    """The products of all matrices, of which no two have one name; each matrix is read once, for its hash."""
    by_matrix = dict[tuple[int, int], list[Steps]]()
    for steps in sides.matrices:
        by_matrix.setdefault((steps["matrix"], steps[""]), []).append(steps)
    found = list[tuple[Steps, MatrixProduct, tuple[str, ...]]]()
    for (entry, number), asked in by_matrix.items():
        columns = listed(sweep.columns if sweep.matrices[entry].columns is None else sweep.matrices[entry].columns)
        source = sources[entry][number]
        with sweep.at("matrices", entry):
            made = matrix_products(
                source_label(source, entry), source, [columns[each.get("columns", 0)] for each in asked]
            )
        words = [
            ("A x A" if each.columns == SELF else f"{each.columns} columns",) if len(columns) > 1 else ()
            for each in made
        ]
        found += zip(asked, made, words, strict=True)
    places = {id(made): getattr(sources[steps["matrix"]][steps[""]], "place", "") for steps, made, _ in found}
    parts = [
        Named(bracketed(made.name, words), made.content, made.columns, places[id(made)]) for _, made, words in found
    ]
    with sweep.at():
        refuse_equal("matrices", parts)
    return [
        ProductWorkload(replace(made, name=label), steps["matrix"], {"columns": made.columns} if words else {}, steps)
        for label, (steps, made, words) in zip(distinct_labels(parts), found, strict=True)
    ]


def _of_machine(machine: SweptMachine) -> Values:
    return {"equal": (), **{name: (value,) for name, value in machine.axes.items()}} | {
        "machine": (machine.machine.name, machine.base)
    }


def _of_table(table: SweptTable) -> Values:
    return {"energy_table": ("own",) if table.table is None else (table.table.name,)}


def _of_format(format: SweptFormat) -> Values:
    return {"format": (format.label, format.given)}


def _of_method(method: SweptMethod) -> Values:
    return {"pruner": (method.method.label, method.given), "sparsity": (method.method.asked_sparsity or 0.0,)}


def _of_setting(setting: Setting) -> Values:
    return {name: (value,) for name, value in zip(SETTINGS, setting, strict=False)}


def _of_product_setting(setting: Setting) -> Values:
    return {"dtype": (setting.dtype,), "engine": (setting.engine,)}


def _of_network(workload: Workload) -> Values:
    *_, given = workload.place
    names = (workload.network.name, workload.network.label, given)
    return {"network": names, **{name: (value,) for name, value in workload.axes.items()}}


def _of_product(workload: ProductWorkload) -> Values:
    product = workload.network
    names = (product.name, getattr(product.source, "place", product.name))
    told = {"network": names, "matrix": names, "columns": (product.columns,)}
    return {**told, "pruner": (GIVEN,), "sparsity": (product.sparsity,)}
