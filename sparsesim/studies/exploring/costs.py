"""What layers and products take on a machine: simulated once for every layer and sparsity, and added up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sparsesim.errors import InputError
from sparsesim.formats import Format
from sparsesim.hardware import EnergyTable, Machine
from sparsesim.lowering import Lowering
from sparsesim.matmul import matmul_op
from sparsesim.networks import Layer, Network
from sparsesim.results import Labels, Result
from sparsesim.simulation import Simulator
from sparsesim.studies.networks import simulate_network
from sparsesim.transforms import Method, as_method


@dataclass(frozen=True)
class Cost:
    """What one product takes in one format: s and pJ."""

    seconds: float
    energy_total_pj: float
    energy_dynamic_pj: float
    format: str


def layer_costs(
    network: Network,
    layer: Layer,
    formats: Sequence[str | Format],
    machine: Machine,
    table: EnergyTable | None,
    lowering: Lowering,
    engine: str,
    method: Method | None = None,
) -> dict[str, Cost]:
    """One layer of a network on a machine, by format, without those that are refused.

    Raises InputError with the first refusal where all are.
    """
    alone = replace(network, layers=(layer,))
    results = simulate_network(alone, method or as_method("none"), formats, [machine], table, lowering, engine)
    return _by_format(results)


def product_costs(
    name: str, matrix: Any, formats: Sequence[str], machine: Machine, table: EnergyTable | None, dtype: str, engine: str
) -> dict[str, Cost]:
    """A matrix times itself on a machine, by format; as `layer_costs`."""
    ops = [matmul_op(matrix, matrix, format, dtype, name) for format in formats]
    return _by_format(Simulator(machine, table, engine).results(ops, [Labels() for _ in ops]))


def chosen(costs: dict[str, Cost], choose: str = "fastest", format: str | None = None) -> Cost:
    """The cost in this format, or in the fastest or thriftiest one. Raises InputError where it was refused."""
    if format is not None:
        if format not in costs:
            raise InputError(f"format {format!r} is refused")
        return costs[format]
    if choose == "thriftiest":
        return min(costs.values(), key=lambda cost: cost.energy_total_pj)
    return min(costs.values(), key=lambda cost: cost.seconds)


def added(costs: Iterable[Cost]) -> dict[str, float]:
    """Seconds and energies of all together, one after the other."""
    all_costs = list(costs)
    return {
        name: float(sum(getattr(cost, name) for cost in all_costs))
        for name in ("seconds", "energy_total_pj", "energy_dynamic_pj")
    }


def _by_format(results: Sequence[Result]) -> dict[str, Cost]:
    found = {
        result.format: Cost(result.seconds, result.energy_pj["total"], result.energy_pj["dynamic"], result.format)
        for result in results
        if result.status == "ok"
    }
    if not found:
        raise InputError(results[0].note)
    return found
