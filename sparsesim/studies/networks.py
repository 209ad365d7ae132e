"""Whole networks: every layer in every format on every machine."""

from collections.abc import Iterable
from functools import partial

from sparsesim.formats import Format
from sparsesim.hardware import EnergyTable, Machine
from sparsesim.lowering import Lowering
from sparsesim.networks import Network
from sparsesim.pruning import Pruner
from sparsesim.results import Result
from sparsesim.studies.checks import check_run
from sparsesim.studies.evaluation import evaluated, named_by_weights, prepared_layers, simulators, total
from sparsesim.studies.labels import Named, formats_told_apart, refuse_equal
from sparsesim.studies.points import contents_of, machine_hash
from sparsesim.studies.task import Task, task_of
from sparsesim.transforms import LayerInputs, Method, as_method


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
) -> list[Result]:
    """Every layer of a pruned network in every format on every machine; refusals are kept as results.

    Formats are those of the weights: products of two activations are stored dense, and run so on every machine.
    Rows and columns of weights without a non-zero are left out, as `lowering.without_empty` describes.
    Where nothing is pruned but the weights came so, results name the pruner "given"; see `named_by_weights`.
    Without a table every machine has its own prices. `inputs` are what the layers read, for methods that need them.
    Raises InputError before any work where the method lacks what it needs, and for equal machines.
    """
    lowering, method, machines = lowering or Lowering(), as_method(method), list(machines)
    check_run(network, method, inputs, lowering, engine)
    contents, stored = contents_of(network, lowering.activations, inputs), formats_told_apart(formats)
    refuse_equal("machines", [Named(unit.name, machine_hash(unit, table), unit) for unit in machines])
    return run_task(task_of(network, method, inputs, stored, machines, [table], lowering, engine, contents))


def run_task(task: Task) -> list[Result]:
    """Prune and lower once, then simulate every layer at every point: the results, layer after layer."""
    simulator, results, weights = simulators(task), list[Result](), []
    # map lets go of a layer before it asks for the next, as a loop would not.
    for found in map(partial(evaluated, task, task.points, simulator=simulator), prepared_layers(task)):
        results += found.results
        weights.append(found.weights)
    return named_by_weights(task, results, total(weights))
