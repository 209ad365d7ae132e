"""`Result`: one flat record per operation, format and machine; tables and totals of many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparsesim.errors import InputError
from sparsesim.hardware.energy import COMPONENTS

if TYPE_CHECKING:
    import pandas as pd

POINT = ("network", "pruner", "sparsity", "format", "machine")
"""The columns that name one point of a sweep; the layers of a network share them."""


@dataclass(frozen=True)
class Result:
    """What one matmul took on one machine.

    `cycles` are at the nominal clock; `seconds` also hold what a power cap adds. `energy_pj` is dynamic energy
    by component and "total". `counts` are the priced actions, `details` further integers of the accelerator, such as
    "tiles" or "condensed_columns". `macs` are products of two non-zeros (the useful work). A point that a machine or
    format refuses has `status` "refused", the reason in `note`, and no figures.
    """

    network: str
    layer: str
    pruner: str
    sparsity: float
    format: str
    machine: str
    energy_table: str
    weights: str
    dtype: str
    m: int
    n: int
    k: int
    repeat: int
    groups: int
    a_nnz: int
    a_density: float
    b_density: float
    a_bytes: int = 0
    a_metadata_bits: int = 0
    macs: int = 0
    cycles: int = 0
    seconds: float = 0.0
    energy_pj: Mapping[str, float] = field(default_factory=dict)
    dram_bytes: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    bottleneck: str = ""
    utilisation: float = 0.0
    bandwidth_utilisation: float = 0.0
    power_w: float = 0.0
    peak_macs_per_s: float = 0.0
    peak_bytes_per_s: float = 0.0
    simulation_seconds: float = 0.0
    status: str = "ok"
    note: str = ""

    def flat(self) -> dict[str, Any]:
        """One level of plain columns: energy_dram_pj, dram_A_bytes, count_mult_fp16 and so on.

        Energies are always there, so that a table of refused points alone has the columns of any other.
        """
        record = self._fields()
        energies = record.pop("energy_pj")
        for component in (*COMPONENTS, "total"):
            record[f"energy_{component}_pj"] = energies.get(component, 0.0)
        for tensor, size in record.pop("dram_bytes").items():
            record[f"dram_{tensor}_bytes"] = size
        for name, count in record.pop("counts").items():
            record[f"count_{name}"] = count
        record.update(record.pop("details"))
        return record

    def _fields(self) -> dict[str, Any]:
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    def as_object(self) -> dict[str, Any]:
        """The record for JSON: energy, bytes and counts as nested objects, details beside the other fields."""
        record = self._fields()
        record["dram_bytes"] = {**self.dram_bytes, "total": sum(self.dram_bytes.values())}
        record.update(record.pop("details"))
        return record


def split_by_point(results: Iterable[Result]) -> list[list[Result]]:
    """Results grouped by point, in order of first appearance."""
    points: dict[tuple[Any, ...], list[Result]] = {}
    for result in results:
        points.setdefault(tuple(getattr(result, name) for name in POINT), []).append(result)
    return list(points.values())


def combined(results: Sequence[Result]) -> dict[str, Any]:
    """Layers of one point as one object: times, energy, bytes and counts added; the bottleneck with most time."""
    first = results[0]
    refused = next((result for result in results if result.status != "ok"), None)
    point = {name: getattr(first, name) for name in (*POINT, "energy_table", "weights", "dtype")}
    point |= {"layers": len(results)}
    if refused is not None:
        return point | {"status": "refused", "note": refused.note}
    seconds: dict[str, float] = {}
    for result in results:
        seconds[result.bottleneck] = seconds.get(result.bottleneck, 0.0) + result.seconds
    summed = {name: sum(getattr(result, name) for result in results) for name in _ADDED}
    nested = {name: _added(getattr(result, name) for result in results) for name in _ADDED_BY_KEY}
    nested["dram_bytes"]["total"] = sum(nested["dram_bytes"].values())
    return point | summed | nested | {"bottleneck": max(seconds, key=lambda name: seconds[name]), "status": "ok"}


_ADDED = ("a_bytes", "a_nnz", "macs", "cycles", "seconds", "simulation_seconds")
_ADDED_BY_KEY = ("energy_pj", "dram_bytes", "counts")


def _added(mappings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Sum by key."""
    total: dict[str, Any] = {}
    for mapping in mappings:
        for key, value in mapping.items():
            total[key] = total.get(key, 0) + value
    return total


def result_table(results: Iterable[Result]) -> "pd.DataFrame":
    """One row per result."""
    import pandas as pd

    return pd.DataFrame([result.flat() for result in results])


def totals(table: "pd.DataFrame") -> "pd.DataFrame":
    """One row per network, pruner, sparsity, format and machine: cycles, seconds, energy and bytes summed.

    A point with a refused layer is refused as a whole, with the first reason and no figures. `bottleneck` is the
    one that took most of the time.
    """
    points = table.groupby(list(POINT), sort=False, dropna=False)
    summed = [column for column in table.columns if column.endswith(_SUMMED)]
    total = points[summed].sum()
    total[["weights", "energy_table"]] = points[["weights", "energy_table"]].first()
    total.insert(0, "layers", points.size())
    by_bottleneck = table.groupby([*POINT, "bottleneck"], sort=False, dropna=False)["seconds"].sum()
    longest = by_bottleneck.reset_index().sort_values("seconds", ascending=False).drop_duplicates(list(POINT))
    total["bottleneck"] = longest.set_index(list(POINT))["bottleneck"]
    refused = table[table["status"] != "ok"].drop_duplicates(list(POINT)).set_index(list(POINT))["note"]
    noted = table[table["note"] != ""].drop_duplicates(list(POINT)).set_index(list(POINT))["note"]
    is_refused = total.index.isin(refused.index)
    total["status"] = ["refused" if flag else "ok" for flag in is_refused]
    total["note"] = refused.reindex(total.index).fillna(noted.reindex(total.index)).fillna("")
    total.loc[is_refused, summed] = float("nan")
    total.loc[is_refused, "bottleneck"] = ""
    return total.reset_index()


_SUMMED = ("_pj", "_bytes", "cycles", "seconds", "macs")


def compare_to_baseline(total: "pd.DataFrame", baseline: Mapping[str, Any]) -> "pd.DataFrame":
    """Add `speedup` and `energy_ratio` (baseline over point: above 1 is better) within each network.

    `baseline` fixes the columns of the reference point, such as {"machine": "a100-pcie", "pruner": "none",
    "format": "dense"}; columns that are left out keep the value of the row that is compared. Points whose
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
    # A value that the baseline fixes implies its neighbours: pruner "none" has its own sparsity.
    keys = [name for name in POINT if name not in baseline and not (name == "sparsity" and "pruner" in baseline)]
    reference = reference.drop_duplicates(keys)[[*keys, "seconds", "energy_total_pj"]]
    merged = total.merge(reference, on=keys, how="left", suffixes=("", "_baseline"))
    merged["speedup"] = merged.pop("seconds_baseline") / merged["seconds"]
    merged["energy_ratio"] = merged.pop("energy_total_pj_baseline") / merged["energy_total_pj"]
    return merged


def write_table(table: "pd.DataFrame", path: Path) -> None:
    """Write `.csv` or `.parquet` (which needs the parquet extra)."""
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        try:
            table.to_parquet(path, index=False)
        except ImportError as error:
            raise InputError(f"{path}: Parquet needs pip install 'sparsesim[parquet]'") from error
    else:
        raise InputError(f"{path}: unknown suffix {path.suffix!r}; use .csv or .parquet")


def read_results(path: Path) -> "pd.DataFrame":
    """The table of a finished or interrupted run: `.csv`, `.parquet`, or the `.jsonl` written as it went."""
    import pandas as pd

    readers: Mapping[str, Any] = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix == ".jsonl":
        table = pd.read_json(path, lines=True)
    elif path.suffix in readers:
        table = readers[path.suffix](path)
    else:
        raise InputError(f"{path}: unknown suffix {path.suffix!r}; use .csv, .parquet or .jsonl")
    return table.fillna({"note": "", "bottleneck": ""})


def geometric_mean(values: Sequence[float]) -> float:
    """Geometric mean of positive numbers; NaN for none."""
    import numpy as np

    return float(np.exp(np.mean(np.log(values)))) if len(values) else float("nan")
