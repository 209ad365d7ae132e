"""One network on several machines, and every point compared with a baseline."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparsesim.errors import InputError
from sparsesim.formats import Format, formats_by_name
from sparsesim.hardware import EnergyTable, Machine, common_table, load_machines
from sparsesim.lowering import Lowering
from sparsesim.networks import Network, load_network
from sparsesim.pruning import Pruner
from sparsesim.results import compare_to_baseline, compare_to_dense, result_table, totals
from sparsesim.studies.networks import simulate_network
from sparsesim.transforms import LayerInputs, Method, as_method, as_methods
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

    Columns: `network`, `pruner`, `sparsity` (asked for, in [0, 1)), `format`, `machine`, `layers` (how many), `kernel`
    and `unpacked` (see `sparsesim.results.Result`), `density` (share of weights that are not zero), `a_bytes` (weights
    as kernels get them, bytes), `macs` (products of two non-zeros), `cycles`, `seconds`, `simulation_seconds` (s, of
    the simulation itself), `time_RESOURCE_s` (s), `energy_PART_pj`, `energy_static_pj` (idle power over the time),
    `energy_dynamic_pj` and `energy_total_pj` (pJ), `idle_w` (W, NaN where unpublished), `dram_TENSOR_bytes` (bytes),
    `weights` (where they come from), `energy_table`, `bottleneck` (the resource with most of the time),
    `status` ("ok" or "refused"), `note` (why), `speedup`, `energy_ratio` and
    `dynamic_energy_ratio` (baseline over point: above 1 is better).
    A refused point has NaN for figures.

    Raises UnknownNameError for unknown names, and InputError for a method that does not fit the network, a baseline
    that is no point, two different machines or pruners with one name, and `lowering` beside `batch` or `dtype`.

    >>> import sparsesim as ss
    >>> table = ss.compare("digits-cnn", "a100-pcie", ["dense", "nm-2:4"], "2:4", batch=64)
    >>> table[["format", "kernel", "density"]].values.tolist()
    [['dense', 'gemm', 0.5...], ['nm-2:4', 'gemm-2:4...', 0.5...]]
    >>> refused = ss.compare("digits-cnn", "a100-pcie", "bitmap", on_violation="refuse")
    >>> refused["status"].tolist()
    ['refused']
    """
    units = load_machines(machines)
    if on_violation is not None:
        units = [unit.with_on_violation(on_violation) for unit in units]
    network, methods, formats = load_network(network), as_methods(pruners), formats_by_name(formats)
    lowering = _lowering(lowering, batch, dtype)
    table = common_table(energy_table, [unit.name for unit in units])
    results = [
        result
        for method in methods
        for result in simulate_network(network, method, formats, units, table, lowering, engine, inputs=inputs)
    ]
    total = totals(result_table(results))
    if baseline:
        return compare_to_baseline(total, baseline)
    able = [unit for unit in units if unit.has_dense_kernel]
    dense = simulate_network(network, as_method("none"), ["dense"], able, table, lowering, engine) if able else []
    return compare_to_dense(total, totals(result_table(dense)) if dense else total.head(0))


def _lowering(given: Lowering | None, batch: int | None, dtype: str | None) -> Lowering:
    """InputError where a batch or number type is named beside a lowering, which has its own."""
    if given is None:
        return Lowering(dtype, 1 if batch is None else batch)
    if (batch, dtype) != (None, None):
        raise InputError("lowering has a batch and a dtype of its own: give it, or batch and dtype")
    return given
