"""Sensitivity analysis, a ratio for every layer, and the accuracy when all are pruned together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike, NDArray

from sparsesim.inference import evaluate
from sparsesim.networks import Network
from sparsesim.studies.choice import check_drop, choose_ratios
from sparsesim.studies.plan import Plan, apply_plan, plan_from_ratios
from sparsesim.studies.sensitivity import RATIOS, SensitivityTable, sensitivity
from sparsesim.transforms import LayerInputs


@dataclass(frozen=True)
class SensitivityPlan:
    """A plan and what it rests on.

    Attributes:
        table: accuracies of every layer pruned alone.
        max_drop: what a layer alone may cost, in [0, 1].
        ratios: the ratio chosen for each layer.
        plan: the plan that prunes to these ratios.
        accuracy: with all layers pruned by the plan, in [0, 1].
    """

    table: SensitivityTable
    max_drop: float
    ratios: Mapping[str, float]
    plan: Plan
    accuracy: float

    def as_object(self) -> dict[str, Any]:
        """One record, with the accuracies by layer and ratio."""
        table = self.table
        return {
            "network": table.network,
            "pruner": table.pruner,
            "samples": table.samples,
            "accuracy": table.baseline,
            "standard_error": table.standard_error,
            "max_drop": self.max_drop,
            "accuracy_of_plan": self.accuracy,
            "ratios": dict(self.ratios),
            "layers": {layer: dict(zip(table.ratios, found, strict=True)) for layer, found in table.accuracies.items()},
        }


def plan_by_sensitivity(
    network: Network,
    inputs: NDArray[Any],
    labels: ArrayLike,
    pruner: str = "magnitude",
    ratios: Sequence[float] = RATIOS,
    *,
    max_drop: float = 0.02,
    layers: str | Sequence[str] = "*",
    criterion: str | None = None,
    captured: LayerInputs | None = None,
    batch_size: int = 64,
) -> SensitivityPlan:
    """Analyse as `sensitivity` does, choose as `choose_ratios` does, and measure the accuracy of the plan.

    Raises InputError as these two do.
    """
    check_drop(max_drop)
    table = sensitivity(
        network,
        inputs,
        labels,
        pruner,
        ratios,
        layers=layers,
        criterion=criterion,
        captured=captured,
        batch_size=batch_size,
    )
    chosen = choose_ratios(table, max_drop)
    plan = plan_from_ratios(table, chosen, f"largest ratios that alone cost at most {max_drop:g} of the accuracy")
    together = evaluate(apply_plan(network, plan, inputs=captured), inputs, labels, batch_size=batch_size)
    assert together.accuracy is not None
    return SensitivityPlan(table, max_drop, chosen, plan, together.accuracy)
