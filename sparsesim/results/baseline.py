"""Speedup and energy ratio of every point: over the dense kernel of its machine, or over a point that is named."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sparsesim.errors import InputError
from sparsesim.results.columns import GIVEN, IDENTITY, POINT, UNPRUNED
from sparsesim.results.grouping import with_identity

if TYPE_CHECKING:
    import pandas as pd

GAINS: Final = {
    "speedup": "seconds",
    "energy_ratio": "energy_total_pj",
    "dynamic_energy_ratio": "energy_dynamic_pj",
}


_IDLE: Final = "idle_w"


def compare_to_dense(total: "pd.DataFrame", dense: "pd.DataFrame") -> "pd.DataFrame":
    """Add what every point gains over the dense kernel of the same machine, in the columns of `compare_to_baseline`.

    `dense` are the totals of the networks before any pruning, stored dense, with one row per network and machine. A
    machine without a row has no dense kernel: it is compared with the first row of its network, and where there is none
    at all with the first point of the network in `total`.
    """
    import pandas as pd

    if len(dense):
        _check_one_each(with_identity(dense), {"format": "dense"})
    key, figures = ["network", "machine"], [*GAINS.values(), _IDLE]
    own = dense.drop_duplicates(key)
    first = pd.concat([dense.drop_duplicates(["network"]), total.drop_duplicates(["network"])])
    first = first.drop_duplicates(["network"])
    # Everything that lacks a row of its own takes the first of its network, which comes after the own ones.
    borrowed = total[key].drop_duplicates().merge(first[["network", *figures]], on="network")
    reference = pd.concat([own[[*key, *figures]], borrowed]).drop_duplicates(key)
    return _with_ratios(total, reference, key)


def compare_to_baseline(total: "pd.DataFrame", baseline: Mapping[str, Any]) -> "pd.DataFrame":
    """Add what every point gains over the baseline (baseline over point: above 1 is better) within each network.

    The columns are `speedup`, `energy_ratio` of total energy, and `dynamic_energy_ratio` of energy without idle power.
    Where only one of both machines publishes its idle power, `energy_ratio` is NaN.

    `baseline` fixes columns of the reference point, such as {"machine": "a100-pcie", "pruner": "none",
    "format": "dense"}; those that it leaves out have the value of the row that is compared. The pruner "none" also
    stands for "given", a network whose weights came pruned, where there is no other. Points whose
    baseline was refused get NaN. Raises InputError if a column is unknown, no point matches at all, or different points
    of one name do.
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
    _check_one_each(with_identity(reference), baseline)
    return _with_ratios(total, reference.drop_duplicates(keys)[[*keys, *GAINS.values(), _IDLE]], keys)


def _check_one_each(reference: "pd.DataFrame", baseline: Mapping[str, Any]) -> None:
    """InputError where several points of one name could be the reference: the first would be as good as any."""
    different = reference.drop_duplicates([*POINT, IDENTITY])
    alike = different[different.duplicated(list(POINT), keep=False)]
    if not alike.empty:
        named = ", ".join(f"{name} {alike.iloc[0][name]}" for name in POINT)
        raise InputError(
            f"baseline: {dict(baseline)}: {len(alike)} different points are called {named}: "
            "compare the points of each run with its own"
        )


def _with_ratios(total: "pd.DataFrame", reference: "pd.DataFrame", keys: list[str]) -> "pd.DataFrame":
    merged = total.merge(reference, on=keys, how="left", suffixes=("", "_baseline"))
    for gain, figure in GAINS.items():
        merged[gain] = merged.pop(f"{figure}_baseline") / merged[figure]
    # Energy with idle power over energy without would say who published more, not who needs less.
    alike = merged[_IDLE].isna() == merged.pop(f"{_IDLE}_baseline").isna()
    merged["energy_ratio"] = merged["energy_ratio"].where(alike)
    return merged


def _rows_with(table: "pd.DataFrame", name: str, value: Any) -> "pd.DataFrame":
    """The rows that have this value in a column, those of an unpruned network before those that came pruned."""
    import pandas as pd

    accepted = [value, GIVEN] if (name, value) == ("pruner", UNPRUNED) else [value]
    found: pd.DataFrame = pd.concat([table[table[name] == each] for each in accepted])
    return found
