"""One network on several machines, and every point compared with a baseline."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparsesim.formats import format_by_name
from sparsesim.hardware import DEFAULT_ENERGY_TABLE, EnergyTable, Machine, load_energy_table, load_machine
from sparsesim.lowering import Lowering
from sparsesim.networks import Network
from sparsesim.pruning import Pruner
from sparsesim.results import compare_to_baseline, result_table, totals
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
    energy_table: str | EnergyTable = DEFAULT_ENERGY_TABLE,
    engine: str = "fast",
    baseline: Mapping[str, Any] | None = None,
    inputs: LayerInputs | None = None,
) -> "pd.DataFrame":
    """One row per pruner, format and machine: time, energy by component, bottleneck, speedup and energy ratio.

    Names are looked up; a Machine, Pruner, Method or EnergyTable of one's own is taken as it is. The `baseline`
    (columns of the reference point) is the first pruner in the first format on the first machine if left out.
    `inputs` are what the layers read (see `capture`), for methods such as SparseGPT.
    """
    units = [load_machine(machine) if isinstance(machine, str) else machine for machine in machines]
    methods = [as_method(pruner) for pruner in pruners]
    table = load_energy_table(energy_table) if isinstance(energy_table, str) else energy_table
    results = [
        result
        for method in methods
        for result in simulate_network(network, method, formats, units, table, lowering, engine, inputs=inputs)
    ]
    first = {"machine": units[0].name, "pruner": methods[0].label, "format": format_by_name(formats[0]).name}
    return compare_to_baseline(totals(result_table(results)), baseline or first)
