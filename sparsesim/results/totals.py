"""From layers to points: what the layers of one network took together, as a table and as objects for JSON."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sparsesim.results.columns import ADDED, ADDED_FAMILIES, AXES, COUNTS, DRAM, IDENTITY, POINT, TIME
from sparsesim.results.grouping import point_numbers, points_of
from sparsesim.results.point_record import SHARED, is_missing, nested, point_row
from sparsesim.results.record import Result, with_total

if TYPE_CHECKING:
    import pandas as pd

_BEFORE: Final = (*POINT, IDENTITY)
_AFTER_AXES: Final = ("layers", "kernel", "unpacked", "density")
_LAST: Final = (*SHARED, "energy_table", "bottleneck", "status", "note")
_ONLY_IN_OBJECTS: Final = ("a_nnz", "dtype")
_TAKEN: Final = (*_BEFORE, "kernel", "unpacked", "groups", "m", "k", *ADDED, *SHARED, "energy_table", "status", "note")
"""Columns of a layer that a point is made of, beside those of families."""


def totals(table: "pd.DataFrame") -> "pd.DataFrame":
    """One row per point: cycles, seconds, energy and bytes summed over its layers, see `point_row`.

    Points are told apart by their identity, the column `point`; in tables from before there was one by network, pruner,
    sparsity, format and machine. Raises InputError where a point has a layer twice.
    """
    points: dict[int, list[Mapping[str, Any]]] = {}
    for number, layer in zip(point_numbers(table).tolist(), _layers(table), strict=True):
        points.setdefault(number, []).append(layer)
    return totals_of([point_row(layers) for layers in points.values()], list(table.columns))


def totals_of(rows: Sequence[Mapping[str, Any]], added: Iterable[str]) -> "pd.DataFrame":
    """The table of points from their rows, with those columns of `added` that are axes or sums, in that order.

    Bytes that a point did not move are 0. A point that is not "ok" has no figures. Counts of actions are left out.
    """
    import pandas as pd

    added = list(added)
    axes = list(AXES.among(added).values())
    families = {column for family in ADDED_FAMILIES.values() for column in family.among(added).values()}
    figures = [column for column in added if column in ADDED or column in families]
    left_out = {*_ONLY_IN_OBJECTS, *COUNTS.among(figures).values()}
    columns = [name for name in (*_BEFORE, *axes, *_AFTER_AXES, *figures, *_LAST) if name not in left_out]
    unmoved, unknown = dict.fromkeys(DRAM.among(columns).values(), 0), dict.fromkeys(columns, math.nan)
    known = [{**unknown, **(unmoved if row["status"] == "ok" else {}), **row} for row in rows]
    return pd.DataFrame([[row[name] for name in columns] for row in known], columns=columns).astype({"idle_w": float})


def point_objects(results: Iterable[Result]) -> list[dict[str, Any]]:
    """One object per point for JSON: as `totals`, with time, energy, bytes and counts nested; a refusal has no figures.

    Integers are exact however large they are; actions and tensors that a point does not have are left out.
    """
    return [point_object(point_row([nested(layer) for layer in layers])) for layers in points_of(results)]


def _layers(table: "pd.DataFrame") -> Iterator[Mapping[str, Any]]:
    """The rows of a table of layers, with the fields that `point_row` takes, in built-in types."""
    columns = {name: table[name].tolist() for name in _TAKEN if name in table}
    families = {
        field: {
            key: (table[column].tolist(), table[column].notna().tolist())
            for key, column in family.among(table.columns).items()
        }
        for field, family in ({"axes": AXES} | ADDED_FAMILIES).items()
    }
    for place in range(len(table)):
        nests = {
            field: {key: values[place] for key, (values, there) in members.items() if there[place]}
            for field, members in families.items()
        }
        yield {name: values[place] for name, values in columns.items()} | nests


def time_s(row: Mapping[Any, Any]) -> dict[str, float]:
    """Seconds by resource of a row of a table, longest first."""
    spent = {name: row[column] for name, column in TIME.among(row).items() if not is_missing(row[column])}
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def point_object(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The object for JSON of a point, given its row."""
    point = {name: row[name] for name in (*POINT, IDENTITY, "energy_table", "weights", "dtype", "layers")}
    point["axes"] = {axis: row[column] for axis, column in AXES.among(row).items()}
    point["density"] = None if is_missing(row["density"]) else row["density"]
    if row["status"] != "ok":
        return point | {"status": row["status"], "note": row["note"]}
    point |= {name: row[name] for name in ADDED}
    for field, family in ADDED_FAMILIES.items():
        point[field] = {key: row[column] for key, column in family.among(row).items()}
    point["time_s"] = time_s(row)
    point["dram_bytes"] = with_total(point["dram_bytes"])
    idle_w = None if is_missing(row["idle_w"]) else row["idle_w"]
    ran = {name: row[name] for name in ("kernel", "unpacked", "bottleneck")}
    return point | ran | {"idle_w": idle_w, "status": "ok"}
