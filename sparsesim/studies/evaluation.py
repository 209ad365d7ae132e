"""From a task to the results of its points: prepared once, then every layer on every machine in every format."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, NamedTuple

from sparsesim.lowering import LoweredLayer, lowered_layers
from sparsesim.matmul import MatmulOp
from sparsesim.results import GIVEN, NO_WEIGHTS, UNPRUNED, Labels, Result
from sparsesim.simulation import Simulator, reprice
from sparsesim.studies.product import MatrixProduct, PreparedProduct
from sparsesim.studies.task import Point, Task
from sparsesim.work import Work

GIVEN_FROM: Final = 0.05
"""Share of exact zeros from which weights without masks count as pruned.

Rounding to int8 makes zeros of 1 to 4 % of a dense network's weights; the least pruned of the reference files has 9 %.
"""

Prepared = LoweredLayer | PreparedProduct
"""A layer of a network, or the product that a matrix stands for, in no format yet."""

SimulatorOf = Callable[[int], Simulator]
"""The simulator of a task's machine, at the task's first table."""


class Weights(NamedTuple):
    """Weights, those that masks kept, and those that are not zero; of a layer or of several."""

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


class Evaluated(NamedTuple):
    """The results of a layer, in the order of the points that were asked for, and its weights."""

    results: list[Result]
    weights: Weights


def prepared_layers(task: Task, among: slice = slice(None)) -> Iterable[Prepared]:
    """The layers of a task's network at these places, under its method, one after the other; see `lowered_layers`.

    Of a product of matrices that is the only one.
    """
    dtype = task.lowering.dtype_of(task.method.stored_dtype)
    if isinstance(task.network, MatrixProduct):
        return list(task.network.prepared(dtype))[among]
    batch, read = task.lowering.batch, task.lowering.activations
    return lowered_layers(task.network, task.method, dtype, batch, read, inputs=task.inputs, among=among)


def simulators(task: Task) -> SimulatorOf:
    """A simulator for each machine of a task, made when it is first needed."""
    made: dict[int, Simulator] = {}

    def of(machine: int) -> Simulator:
        if machine not in made:
            made[machine] = Simulator(task.machines[machine], task.tables[0], task.engine)
        return made[machine]

    return of


def evaluated(task: Task, points: Sequence[Point], layer: Prepared, simulator: SimulatorOf) -> Evaluated:
    """One layer of a task at some of its points.

    A point is simulated once however many tables price it. Refusals are kept as results.
    """
    found: dict[tuple[int, str], Result] = {}
    # One operation a format for all machines: what they share of its planning is found by the operation itself.
    ops = {label: layer.stored_as(task.formats[label]) for label in dict.fromkeys(point.format for point in points)}
    works = {id(op.a.tensor): Work(op) for op in reversed(ops.values())}
    for machine, group in groupby(sorted(points, key=_machine), _machine):
        asked = {point.format: _labels(task, point, layer) for point in group}
        results = _results(simulator(machine), [ops[label] for label in asked], list(asked.values()), works)
        found |= {(machine, label): result for label, result in zip(asked, results, strict=True)}
    results = [_priced(task, point, layer, found[point.machine, point.format]) for point in points]
    return Evaluated(results, Weights(layer.weights, layer.kept, layer.op.a.tensor.nnz if layer.weights else 0))


def total(weights: Iterable[Weights]) -> Weights:
    """Of all layers."""
    return Weights(*map(sum, zip(*weights, strict=True)))


def named_by_weights(task: Task, results: Iterable[Result], weights: Weights) -> list[Result]:
    """Results with the pruner and the sparsity that only all of the network's weights tell.

    Where nothing is pruned but the weights came so (masks that drop any, or 5 % zeros and more), the pruner is "given",
    and the sparsity the share of zeros; so it is for every
    matrix that is no network's. A method that leaves the sparsity to the weights gets the one it reached.
    """
    given = isinstance(task.network, MatrixProduct)
    if task.method.label == UNPRUNED and (given or weights.came_pruned):
        return [replace(result, pruner=GIVEN, sparsity=weights.sparsity) for result in results]
    if task.method.asked_sparsity is None:
        # Only the weights decide (threshold, sigma, fewer bits): the sparsity is the one that was reached.
        return [replace(result, sparsity=round(1 - weights.kept / max(1, weights.all), 4)) for result in results]
    return list(results)


def _machine(point: Point) -> int:
    return point.machine


def _labels(task: Task, point: Point, layer: Prepared) -> Labels:
    labels = task.labels(point)
    return labels if layer.weights else replace(labels, weights=NO_WEIGHTS)


def _priced(task: Task, point: Point, layer: Prepared, simulated: Result) -> Result:
    """What was simulated under the label of another point, at the prices of this one."""
    labels, table = task.labels(point), task.tables[point.table]
    named = replace(simulated, network=labels.network, point=labels.point, axes=labels.axes)
    if point.table == 0:
        return named
    assert table is not None, "a machine's own prices come first"
    return reprice(named, table) if simulated.status == "ok" else replace(named, energy_table=table.name)


def _results(
    simulator: Simulator, ops: Sequence[MatmulOp], labels: Sequence[Labels], works: Mapping[int, Work]
) -> list[Result]:
    """Results of one layer in several formats; what the same rows and columns are left of is planned together."""
    found: dict[int, Result] = {}
    for tensor in dict.fromkeys(id(op.a.tensor) for op in ops):
        alike = [number for number, op in enumerate(ops) if id(op.a.tensor) == tensor]
        asked = [ops[number] for number in alike], [labels[number] for number in alike]
        results = simulator.results(*asked, works[tensor])
        found |= zip(alike, results, strict=True)
    return [found[number] for number in range(len(ops))]
