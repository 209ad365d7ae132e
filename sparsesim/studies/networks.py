"""Whole networks: every layer in every format on every machine."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from sparsesim.formats import Format, format_by_name
from sparsesim.hardware import EnergyTable, Machine
from sparsesim.lowering import LoweredLayer, Lowering, lowered_layers
from sparsesim.matmul import stored_as
from sparsesim.networks import Network
from sparsesim.pruning import Pruner
from sparsesim.results import Result
from sparsesim.simulation import Labels, Simulator
from sparsesim.transforms import LayerInputs, Method, as_method


def simulate_network(
    network: Network,
    method: Method | Pruner,
    formats: Iterable[str],
    machines: Iterable[Machine],
    table: EnergyTable | None,
    lowering: Lowering | None = None,
    engine: str = "fast",
    *,
    inputs: LayerInputs | None = None,
) -> list[Result]:
    """Every layer of a pruned network in every format on every machine; refusals are kept as results.

    Formats are those of the weights: products of two activations are stored dense, and run so on every machine.
    Without a table every machine has its own prices. `inputs` are what the layers read, for methods that need them.
    """
    lowering, method = lowering or Lowering(), as_method(method)
    stored = [format_by_name(name) for name in formats]
    simulators = [Simulator(machine, table, engine) for machine in machines]
    labels = Labels(network.label, method.label, method.asked_sparsity or 0.0, network.weights_origin)
    dtype = lowering.dtype_of(method.stored_dtype)
    layers = lowered_layers(network, method, dtype, lowering.batch, lowering.activations, inputs=inputs)
    results: list[Result] = []
    kept = weights = 0
    # map lets go of a layer before it asks for the next, as a loop would not.
    for found, layer_kept, layer_weights in map(partial(_simulate_layer, stored, simulators, labels), layers):
        results += found
        kept, weights = kept + layer_kept, weights + layer_weights
    if method.asked_sparsity is None:
        # Only the weights decide (threshold, sigma, fewer bits): the sparsity is the one that was reached.
        return [replace(result, sparsity=round(1 - kept / max(1, weights), 4)) for result in results]
    return results


def _simulate_layer(
    formats: Sequence[Format], simulators: Sequence[Simulator], labels: Labels, layer: LoweredLayer
) -> tuple[list[Result], int, int]:
    """Results of one layer, and how many of its weights were kept."""
    ops = [stored_as(layer.op, format) if layer.weights else layer.op for format in formats]
    named = [replace(labels, format=format.name) for format in formats]
    results = [result for simulator in simulators for result in simulator.results(ops, named)]
    return results, layer.kept, layer.weights
