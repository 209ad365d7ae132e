"""From a sensitivity analysis to a ratio for every layer."""

from sparsesim.errors import InputError
from sparsesim.studies.sensitivity import SensitivityTable

ROUNDING = 1e-12
"""Differences of accuracies are not exact: 0.98 - 0.96 is above 0.02."""


def check_drop(max_drop: float) -> None:
    """InputError for a drop of accuracy outside of [0, 1]."""
    if not 0 <= max_drop <= 1:
        raise InputError(f"max_drop={max_drop!r} must be an accuracy in [0, 1], 0.02 for two points")


def choose_ratios(table: SensitivityTable, max_drop: float) -> dict[str, float]:
    """The largest ratio of every layer at which the accuracy drops by no more than `max_drop`, in [0, 1].

    Each drop is that of pruning this layer alone: all layers together lose more. A layer that tolerates no ratio of
    the table gets 0. Raises InputError for a drop outside of [0, 1].
    """
    check_drop(max_drop)
    least = table.baseline - max_drop - ROUNDING
    return {
        layer: max((r for r, a in zip(table.ratios, accuracies, strict=True) if a >= least), default=0.0)
        for layer, accuracies in table.accuracies.items()
    }
