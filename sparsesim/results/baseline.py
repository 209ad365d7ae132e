"""Speedup and energy ratio of every point over the point that a baseline names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sparsesim.errors import InputError
from sparsesim.results.columns import POINT

if TYPE_CHECKING:
    import pandas as pd

_GAINS: Final = {
    "speedup": "seconds",
    "energy_ratio": "energy_total_pj",
    "dynamic_energy_ratio": "energy_dynamic_pj",
}


def compare_to_baseline(total: "pd.DataFrame", baseline: Mapping[str, Any]) -> "pd.DataFrame":
    """Add what every point gains over the baseline (baseline over point: above 1 is better) within each network.

    The columns are `speedup`, `energy_ratio` of total energy, and `dynamic_energy_ratio` of energy without idle power.

    `baseline` fixes columns of the reference point, such as {"machine": "a100-pcie", "pruner": "none",
    "format": "dense"}; those that it leaves out have the value of the row that is compared. Points whose
    baseline was refused get NaN. Raises InputError if a column is unknown or no point matches at all.
    """
    unknown = [name for name in baseline if name not in POINT]
    if unknown:
        raise InputError(f"baseline: unknown field {unknown[0]!r}; choose from {', '.join(POINT)}")
    reference = total
    for name, value in baseline.items():
        reference = reference[reference[name] == value]
    if reference.empty:
        raise InputError(f"baseline: no point has {dict(baseline)}")
    # A pruner implies its sparsity: pruner "none" has one of its own.
    keys = [name for name in POINT if name not in baseline and not (name == "sparsity" and "pruner" in baseline)]
    reference = reference.drop_duplicates(keys)[[*keys, *_GAINS.values()]]
    merged = total.merge(reference, on=keys, how="left", suffixes=("", "_baseline"))
    for gain, figure in _GAINS.items():
        merged[gain] = merged.pop(f"{figure}_baseline") / merged[figure]
    return merged
