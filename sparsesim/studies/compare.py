"""One network on several machines, and every point compared with a baseline."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparsesim.errors import InputError
from sparsesim.formats import Format
from sparsesim.hardware import EnergyTable, Machine, common_table, load_machine
from sparsesim.lowering import Lowering
from sparsesim.networks import Network, load_network
from sparsesim.pruning import Pruner
from sparsesim.results import point_tables
from sparsesim.several import several
from sparsesim.studies.checks import check_baseline, check_points, check_run
from sparsesim.studies.labels import formats_told_apart, machines_told_apart, methods_told_apart
from sparsesim.studies.networks import run_task
from sparsesim.studies.points import contents_of
from sparsesim.studies.task import dense_reference, task_of
from sparsesim.transforms import LayerInputs, Method
from sparsesim.yaml_file import Given

if TYPE_CHECKING:
    import pandas as pd


def compare(
    network: str | Path | Network,
    machines: Given | Machine | Iterable[Given | Machine],
    formats: str | Format | Iterable[str | Format] = ("dense", "csr"),
    pruners: str | Pruner | Method | Iterable[str | Pruner | Method] = ("none",),
    *,
    batch: int | None = None,
    dtype: str | None = None,
    lowering: Lowering | None = None,
    energy_table: Given | EnergyTable | None = None,
    engine: str = "fast",
    baseline: Mapping[str, Any] | None = None,
    inputs: LayerInputs | None = None,
    on_violation: str | None = None,
) -> "pd.DataFrame":
    """One row per pruner, format and machine, for the whole network.

    Args:
        network: by name, by path, or a Network.
        machines: one or several, each by name, path, mapping or itself.
        formats: of the weights, one or several, by name or themselves.
        pruners: one or several: names ("2:4", "magnitude@0.9"), pruners or other methods.
        batch: samples at a time, by default 1.
        dtype: number type, by default fp16, or what a method stores weights in.
        lowering: instead of both, with what the layers read.
        energy_table: prices of all machines, by name, path, mapping or itself; "own" prices each at its own
            technology, which is also what one machine gets if it is left out (several get horowitz-45nm).
        engine: "fast", "event", "lower-bound" or "upper-bound".
        baseline: columns by name of the point that the others are compared with. If it is left out, that is the
            unpruned network on the dense kernel of the same machine (of the first machine that has one, for those
            that have none).
        inputs: what the layers read (see `capture`), for methods such as SparseGPT.
        on_violation: what happens to a format without a kernel, "unpack" (run dense) or "refuse"; None as each machine
            says.

    Columns: `network`, `pruner`, `sparsity` (asked for, in [0, 1)), `format`, `machine`, `point`, `layers` (how
    many), `kernel` and `unpacked` (see `sparsesim.results.Result`), `density` (share of weights that are not zero),
    `a_bytes` (weights as kernels get them, bytes), `macs` (products of two non-zeros), `cycles`, `seconds`,
    `simulation_seconds` (s, of the simulation itself), `time_RESOURCE_s` (s), `energy_PART_pj`, `energy_static_pj`
    (idle power over the time), `energy_dynamic_pj` and `energy_total_pj` (pJ), `idle_w` (W, NaN where unpublished),
    `dram_TENSOR_bytes` (bytes), `weights` (where they come from), `energy_table`, `bottleneck` (the resource with
    most of the time), `status` ("ok" or "refused"), `note` (why), `speedup`, `energy_ratio` and
    `dynamic_energy_ratio` (baseline over point: above 1 is better).
    A refused point has NaN for figures.

    Different machines, pruners and formats of one name get in brackets what differs; `point` is the identity of a
    point, whatever it is called (see `sparsesim.studies.points`).

    Before any work UnknownNameError is raised for unknown names, and InputError for a method that does not fit the
    network or lacks `inputs`, a baseline that is no point, machines or pruners that differ in their name alone, and
    `lowering` beside `batch` or `dtype`.

    >>> import sparsesim as ss
    >>> table = ss.compare("digits-cnn", "a100-pcie", ["dense", "nm-2:4"], "2:4", batch=64)
    >>> table[["format", "kernel", "density"]].values.tolist()
    [['dense', 'gemm', 0.5...], ['nm-2:4', 'gemm-2:4...', 0.5...]]
    >>> refused = ss.compare("digits-cnn", "a100-pcie", "bitmap", on_violation="refuse")
    >>> refused["status"].tolist()
    ['refused']
    """
    units = machines_told_apart([(given, load_machine(given)) for given in several(machines)], on_violation)
    network, methods, stored = load_network(network), methods_told_apart(pruners), formats_told_apart(formats)
    check_points(len(methods), len(stored), len(units))
    lowering = _lowering(lowering, batch, dtype)
    table = common_table(energy_table, [unit.name for unit in units])
    for method in methods:
        check_run(network, method, inputs, lowering, engine)
    try:
        fixed = check_baseline(baseline or {}, [network], methods, stored, [unit.name for unit in units])
    except InputError as error:
        error.args = (f"baseline: {error}",)
        raise
    needed = inputs if any(method.needs == "inputs" for method in methods) else None
    contents = contents_of(network, lowering.activations, needed)
    tasks = [task_of(network, method, inputs, stored, units, [table], lowering, engine, contents) for method in methods]
    reference = None if fixed else dense_reference(network, tasks[0], contents)
    results = [result for task in tasks for result in run_task(task)]
    return point_tables(results, fixed, run_task(reference) if reference else ()).compared


def _lowering(given: Lowering | None, batch: int | None, dtype: str | None) -> Lowering:
    """InputError where a batch or number type is named beside a lowering, which has its own."""
    if given is None:
        return Lowering(dtype, 1 if batch is None else batch)
    if (batch, dtype) != (None, None):
        raise InputError("lowering has a batch and a dtype of its own: give it, or batch and dtype")
    return given
