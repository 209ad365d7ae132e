"""Speedup and energy ratio of every point over the point that a baseline names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sparsesim.errors import InputError
from sparsesim.results.columns import GIVEN, POINT, UNPRUNED

if TYPE_CHECKING:
    import pandas as pd


def compare_to_baseline(total: "pd.DataFrame", baseline: Mapping[str, Any]) -> "pd.DataFrame":
    """Add `speedup` and `energy_ratio` (baseline over point: above 1 is better) within each network.

    `baseline` fixes columns of the reference point, such as {"machine": "a100-pcie", "pruner": "none",
    "format": "dense"}; those that it leaves out have the value of the row that is compared. The pruner "none" also
    stands for "given", a network whose weights came pruned, where there is no other. Points whose
    baseline was refused get NaN. Raises InputError if a column is unknown or no point matches at all.
    """
    unknown = [name for name in baseline if name not in POINT]
    if unknown:
        raise InputError(f"baseline: unknown field {unknown[0]!r}; choose from {', '.join(POINT)}")
    reference = total
    for name, value in baseline.items():
        reference = _rows_with(reference, name, value)
    if reference.empty:
        raise InputError(f"baseline: no point has {dict(baseline)}")
    # A pruner implies its sparsity: pruner "none" has one of its own.
    keys = [name for name in POINT if name not in baseline and not (name == "sparsity" and "pruner" in baseline)]
    reference = reference.drop_duplicates(keys)[[*keys, "seconds", "energy_total_pj"]]
    merged = total.merge(reference, on=keys, how="left", suffixes=("", "_baseline"))
    merged["speedup"] = merged.pop("seconds_baseline") / merged["seconds"]
    merged["energy_ratio"] = merged.pop("energy_total_pj_baseline") / merged["energy_total_pj"]
    return merged


def _rows_with(table: "pd.DataFrame", name: str, value: Any) -> "pd.DataFrame":
    """The rows that have this value in a column, those of an unpruned network before those that came pruned."""
    import pandas as pd

    accepted = [value, GIVEN] if (name, value) == ("pruner", UNPRUNED) else [value]
    found: pd.DataFrame = pd.concat([table[table[name] == each] for each in accepted])
    return found
