"""Whole networks: every layer in every format on every machine, and points compared with a baseline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sparsesim.formats import Format, format_by_name
from sparsesim.hardware import DEFAULT_ENERGY_TABLE, EnergyTable, Machine, load_energy_table, load_machine
from sparsesim.lowering import LoweredLayer, Lowering, lowered_layers
from sparsesim.matmul import stored_as
from sparsesim.networks import Network
from sparsesim.pruning import Pruner
from sparsesim.results import Result, compare_to_baseline, result_table, totals
from sparsesim.simulation import Labels, Simulator
from sparsesim.transforms import pruner_of

if TYPE_CHECKING:
    import pandas as pd


def simulate_network(
    network: Network,
    pruner: Pruner,
    formats: Iterable[str],
    machines: Iterable[Machine],
    table: EnergyTable,
    lowering: Lowering | None = None,
    engine: str = "fast",
) -> list[Result]:
    """Every layer of a pruned network in every format on every machine; refusals are kept as results.

    Formats are those of the weights: products of two activations are stored dense, and run so on every machine.
    """
    lowering = lowering or Lowering()
    stored = [format_by_name(name) for name in formats]
    simulators = [Simulator(machine, table, engine) for machine in machines]
    labels = Labels(network.label, pruner.name, pruner.sparsity or 0.0, network.weights_origin)
    layers = lowered_layers(network, pruner, lowering.dtype, lowering.batch, lowering.activations)
    results: list[Result] = []
    kept = weights = 0
    # map lets go of a layer before it asks for the next, as a loop would not.
    for found, layer_kept, layer_weights in map(partial(_simulate_layer, stored, simulators, labels), layers):
        results += found
        kept, weights = kept + layer_kept, weights + layer_weights
    if pruner.sparsity is None:
        # Only the weights decide (threshold, sigma): the sparsity is the one that was reached.
        return [replace(result, sparsity=round(1 - kept / max(1, weights), 4)) for result in results]
    return results


def compare(
    network: Network,
    machines: Sequence[str | Machine],
    formats: Sequence[str] = ("dense", "csr"),
    pruners: Sequence[str | Pruner] = ("none",),
    *,
    lowering: Lowering | None = None,
    energy_table: str | EnergyTable = DEFAULT_ENERGY_TABLE,
    engine: str = "fast",
    baseline: Mapping[str, Any] | None = None,
) -> "pd.DataFrame":
    """One row per pruner, format and machine: time, energy by component, bottleneck, speedup and energy ratio.

    Names are looked up; a Machine, Pruner or EnergyTable of one's own is taken as it is. The `baseline` (columns
    of the reference point) is the first pruner in the first format on the first machine if left out.
    """
    units = [load_machine(machine) if isinstance(machine, str) else machine for machine in machines]
    chosen = [pruner_of(network, pruner) if isinstance(pruner, str) else pruner for pruner in pruners]
    table = load_energy_table(energy_table) if isinstance(energy_table, str) else energy_table
    results = [
        result
        for pruner in chosen
        for result in simulate_network(network, pruner, formats, units, table, lowering, engine)
    ]
    first = {"machine": units[0].name, "pruner": chosen[0].name, "format": format_by_name(formats[0]).name}
    return compare_to_baseline(totals(result_table(results)), baseline or first)


def _simulate_layer(
    formats: Sequence[Format], simulators: Sequence[Simulator], labels: Labels, layer: LoweredLayer
) -> tuple[list[Result], int, int]:
    """Results of one layer, and how many of its weights were kept."""
    ops = [stored_as(layer.op, format) if layer.weights else layer.op for format in formats]
    named = [replace(labels, format=format.name) for format in formats]
    results = [result for simulator in simulators for result in simulator.results(ops, named)]
    return results, layer.kept, layer.weights
