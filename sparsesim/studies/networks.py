"""Whole networks: every layer in every format on every machine."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from sparsesim.formats import Format
from sparsesim.hardware import EnergyTable, Machine
from sparsesim.lowering import LoweredLayer, Lowering, lowered_layers
from sparsesim.matmul import MatmulOp
from sparsesim.networks import Network
from sparsesim.pruning import Pruner
from sparsesim.results import GIVEN, NO_WEIGHTS, UNPRUNED, Labels, Result
from sparsesim.simulation import Simulator
from sparsesim.studies.checks import check_run
from sparsesim.studies.labels import Named, formats_told_apart, refuse_equal
from sparsesim.studies.points import Case, case_of, contents_of, machine_hash
from sparsesim.transforms import LayerInputs, Method, as_method

GIVEN_FROM: Final = 0.05
"""Share of exact zeros from which weights without masks count as pruned.

Rounding to int8 makes zeros of 1 to 4 % of a dense network's weights; the least pruned of the reference files has 9 %.
"""


class _Weights(NamedTuple):
    """Weights, those that masks kept, and those that are not zero."""

    all: int
    kept: int
    nnz: int

    @property
    def sparsity(self) -> float:
        """Share of zeros, rounded to 4 digits."""
        return round(1 - self.nnz / max(1, self.all), 4)

    @property
    def came_pruned(self) -> bool:
        """Whether a mask dropped some, or too many are zero to have become so by chance or rounding."""
        return self.kept < self.all or self.nnz <= (1 - GIVEN_FROM) * self.all < self.all


def simulate_network(
    network: Network,
    method: Method | Pruner,
    formats: Iterable[str | Format],
    machines: Iterable[Machine],
    table: EnergyTable | None,
    lowering: Lowering | None = None,
    engine: str = "fast",
    *,
    inputs: LayerInputs | None = None,
    case: Case | None = None,
) -> list[Result]:
    """Every layer of a pruned network in every format on every machine; refusals are kept as results.

    Formats are those of the weights: products of two activations are stored dense, and run so on every machine.
    Rows and columns of weights without a non-zero are left out, as `lowering.without_empty` describes.
    Where nothing is pruned but the weights came so (masks that drop any, or 5 % zeros and more), results name the
    pruner "given", and the share of zeros as the sparsity.
    Without a table every machine has its own prices. `inputs` are what the layers read, for methods that need them.
    `case` is that of these arguments where they were checked, so that weights are not read once more for the identity
    of points. Raises InputError before any work where the method lacks what it needs, and for equal machines.
    """
    lowering, method, machines = lowering or Lowering(), as_method(method), list(machines)
    if case is None:
        check_run(network, method, inputs, lowering, engine)
        case = case_of(network, method, contents_of(network, lowering.activations, inputs), lowering, engine)
    stored = formats_told_apart(formats)
    priced = [machine_hash(machine, table) for machine in machines]
    refuse_equal("machines", [Named(unit.name, content, unit) for unit, content in zip(machines, priced, strict=True)])
    points = [[(label, case.point(format, content)) for label, format in stored.items()] for content in priced]
    simulators = [Simulator(machine, table, engine) for machine in machines]
    labels = Labels(network.label, method.label, method.asked_sparsity or 0.0, network.weights_origin)
    dtype = lowering.dtype_of(method.stored_dtype)
    layers = lowered_layers(network, method, dtype, lowering.batch, lowering.activations, inputs=inputs)
    results: list[Result] = []
    counts = []
    # map lets go of a layer before it asks for the next, as a loop would not.
    for found, weights in map(partial(_simulate_layer, list(stored.values()), simulators, points, labels), layers):
        results += found
        counts.append(weights)
    total = _Weights(*map(sum, zip(*counts, strict=True)))
    if method.label == UNPRUNED and total.came_pruned:
        return [replace(result, pruner=GIVEN, sparsity=total.sparsity) for result in results]
    if method.asked_sparsity is None:
        # Only the weights decide (threshold, sigma, fewer bits): the sparsity is the one that was reached.
        return [replace(result, sparsity=round(1 - total.kept / max(1, total.all), 4)) for result in results]
    return results


def _simulate_layer(
    formats: Sequence[Format],
    simulators: Sequence[Simulator],
    points: Sequence[Sequence[tuple[str, str]]],
    labels: Labels,
    layer: LoweredLayer,
) -> tuple[list[Result], _Weights]:
    """Results of one layer, and how many weights it has; `points` are label and identity by machine and format."""
    labels = labels if layer.weights else replace(labels, weights=NO_WEIGHTS)
    ops = [layer.stored_as(format) for format in formats]
    results: list[Result] = []
    for simulator, own in zip(simulators, points, strict=True):
        named = [replace(labels, format=label, point=point) for label, point in own]
        results += _results(simulator, ops, named)
    return results, _Weights(layer.weights, layer.kept, layer.op.a.tensor.nnz if layer.weights else 0)


def _results(simulator: Simulator, ops: Sequence[MatmulOp], labels: Sequence[Labels]) -> list[Result]:
    """Results of one layer in several formats; what the same rows and columns are left of is planned together."""
    found: dict[int, Result] = {}
    for tensor in dict.fromkeys(id(op.a.tensor) for op in ops):
        alike = [number for number, op in enumerate(ops) if id(op.a.tensor) == tensor]
        results = simulator.results([ops[number] for number in alike], [labels[number] for number in alike])
        found |= zip(alike, results, strict=True)
    return [found[number] for number in range(len(ops))]
