"""One network on several machines, and every point compared with a baseline."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparsesim.hardware import EnergyTable, Machine, common_table, load_machine
from sparsesim.lowering import Lowering
from sparsesim.networks import Network
from sparsesim.pruning import Pruner
from sparsesim.results import compare_to_baseline, compare_to_dense, result_table, totals
from sparsesim.studies.networks import simulate_network
from sparsesim.transforms import LayerInputs, Method, as_method

if TYPE_CHECKING:
    import pandas as pd


def compare(
    network: Network,
    machines: Sequence[str | Machine],
    formats: Sequence[str] = ("dense", "csr"),
    pruners: Sequence[str | Pruner | Method] = ("none",),
    *,
    lowering: Lowering | None = None,
    energy_table: str | EnergyTable | None = None,
    engine: str = "fast",
    baseline: Mapping[str, Any] | None = None,
    inputs: LayerInputs | None = None,
) -> "pd.DataFrame":
    """One row per pruner, format and machine: time, energy by component, bottleneck, speedup and energy ratios.

    Names are looked up; a Machine, Pruner, Method or EnergyTable of one's own is taken as it is. Speedups and
    energy ratios are over the point that `baseline` (columns by name) stands for; if it is left out, over the unpruned
    network on the dense kernel of the same machine (of the first machine that has one, for those that have none).
    The `energy_table` prices all machines; "own" prices each at its own technology, which is also what one machine
    gets if it is left out (several get horowitz-45nm). `inputs` are what the layers read (see `capture`), for methods
    such as SparseGPT.
    """
    units = [load_machine(machine) if isinstance(machine, str) else machine for machine in machines]
    methods = [as_method(pruner) for pruner in pruners]
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
