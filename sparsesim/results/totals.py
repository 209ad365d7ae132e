"""From layers to points: what the layers of one network took together, as a table and as objects for JSON."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sparsesim.results.columns import ADDED, ADDED_FAMILIES, AXES, COUNTS, DRAM, IDENTITY, NO_WEIGHTS, POINT, TIME
from sparsesim.results.grouping import point_numbers, with_identity
from sparsesim.results.record import Result, with_total
from sparsesim.results.tables import result_table

if TYPE_CHECKING:
    import pandas as pd

_SHARED: Final = ("weights", "dtype", "idle_w")
_ONLY_IN_OBJECTS: Final = ("a_nnz", "dtype")
_POINT: Final = "number of the point"


def totals(table: "pd.DataFrame") -> "pd.DataFrame":
    """One row per point: cycles, seconds, energy and bytes summed over its layers.

    Points are told apart by their identity, the column `point`; in tables from before there was one by network, pruner,
    sparsity, format and machine. Raises InputError where a point has a layer twice.

    `kernel` and `unpacked` name everything that its layers ran, what took most time first.

    `density` is the share of weights that are not zero, in [0, 1], over all layers that have weights; NaN without any.
    A point with a refused layer is refused as a whole, with the first reason and no figures. `bottleneck` is the
    resource that most of the time of all layers went to.
    """
    points = _points(table)
    dram = list(DRAM.among(points.columns).values())
    points[dram] = points[dram].fillna(0)
    whole = {column: "int64" for column in dram if points[column].dtype == "Int64"}
    left_out = [*_ONLY_IN_OBJECTS, *COUNTS.among(points.columns).values()]
    points = points.astype(whole).drop(columns=left_out)
    figures = _added(points)
    points[figures] = points[figures].where(points["status"] == "ok")
    return points


def point_objects(results: Iterable[Result]) -> list[dict[str, Any]]:
    """One object per point for JSON: as `totals`, with time, energy, bytes and counts nested; a refusal has no figures.

    Integers are exact however large they are; actions and tensors that a point does not have are left out.
    """
    return [_object(row) for row in _points(result_table(results)).to_dict("records")]


def _points(table: "pd.DataFrame") -> "pd.DataFrame":
    """Every column that is added up, missing where no layer has it; refused points are marked and keep their sums."""
    table = with_identity(table).assign(**{_POINT: point_numbers(table)})
    points = table.groupby(_POINT)
    total = points[[*POINT, IDENTITY, *AXES.among(table.columns).values()]].first()
    total["layers"] = points.size()
    for name in ("kernel", "unpacked"):
        total[name] = [said.get(number, "") for number in total.index] if (said := _by_time(table, name)) else ""
    total["density"] = _density(table).reindex(total.index)
    shared = table.assign(weights=table["weights"].mask(table["weights"] == NO_WEIGHTS)).groupby(_POINT)
    total = total.join(points[_added(table)].sum(min_count=1)).join(shared[list(_SHARED)].first())
    total["weights"] = total["weights"].fillna(NO_WEIGHTS)
    # Of one machine at its own prices, some routines may have a measured power and others a table.
    total["energy_table"] = points["energy_table"].agg(lambda names: " + ".join(dict.fromkeys(names)))
    refused = _first_of_each(table[table["status"] != "ok"], "note")
    remarks = _first_of_each(table[table["note"] != ""], "note")
    is_refused = total.index.isin(refused.index)
    total["bottleneck"] = [bottleneck_of(row) for row in total.to_dict("records")]
    total["bottleneck"] = total["bottleneck"].mask(is_refused, "")
    total["status"] = ["refused" if flag else "ok" for flag in is_refused]
    total["note"] = refused.reindex(total.index).fillna(remarks.reindex(total.index)).fillna("")
    return total.reset_index(drop=True)


def _by_time(table: "pd.DataFrame", column: str) -> dict[Any, str]:
    """Every different text of a column by point, joined, the one that most of the point's time went to first."""
    said = table[table[column] != ""].groupby([_POINT, column], sort=False)["seconds"].sum().reset_index()
    said = said.sort_values("seconds", ascending=False, kind="stable")
    return {point: " + ".join(group[column]) for point, group in said.groupby(_POINT)}


def _density(table: "pd.DataFrame") -> "pd.Series[float]":
    """Non-zero weights over all weights, by the number of the point."""
    weighted = table[table["weights"] != NO_WEIGHTS]
    sizes = weighted.assign(size=weighted["groups"] * weighted["m"] * weighted["k"]).groupby(_POINT)
    return sizes["a_nnz"].sum() / sizes["size"].sum()


def time_s(row: Mapping[Any, Any]) -> dict[str, float]:
    """Seconds by resource of a row of a table, longest first."""
    import pandas as pd

    spent = {name: row[column] for name, column in TIME.among(row).items() if not pd.isna(row[column])}
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def bottleneck_of(row: Mapping[Any, Any]) -> str:
    """The resource that most of the time of a row went to; empty if it took none."""
    return next(iter(time_s(row)), "")


def _first_of_each(table: "pd.DataFrame", column: str) -> "pd.Series[Any]":
    """The column's value in the first row of each point, by the number of the point."""
    return table.drop_duplicates(_POINT).set_index(_POINT)[column]


def _added(table: "pd.DataFrame") -> list[str]:
    families = [column for family in ADDED_FAMILIES.values() for column in family.among(table.columns).values()]
    return [column for column in table.columns if column in ADDED or column in families]


def _object(row: Mapping[Any, Any]) -> dict[str, Any]:
    import pandas as pd

    point = {name: row[name] for name in (*POINT, IDENTITY, "energy_table", "weights", "dtype", "layers")}
    point["axes"] = {axis: row[column] for axis, column in AXES.among(row).items() if not pd.isna(row[column])}
    point["density"] = None if pd.isna(row["density"]) else row["density"]
    if row["status"] != "ok":
        return point | {"status": row["status"], "note": row["note"]}
    point |= {name: row[name] for name in ADDED}
    for name, family in ADDED_FAMILIES.items():
        found = {key: row[column] for key, column in family.among(row).items()}
        point[name] = {key: value for key, value in found.items() if not pd.isna(value)}
    point["time_s"] = time_s(row)
    point["dram_bytes"] = with_total(point["dram_bytes"])
    idle_w = None if pd.isna(row["idle_w"]) else row["idle_w"]
    ran = {name: row[name] for name in ("kernel", "unpacked", "bottleneck")}
    return point | ran | {"idle_w": idle_w, "status": "ok"}
