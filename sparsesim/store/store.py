"""`Store`: what a sweep has found so far."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparsesim.errors import InputError
from sparsesim.places import within
from sparsesim.results import (
    GIVEN,
    IDENTITY,
    POINT,
    PointRecord,
    Result,
    layer_results,
    point_object,
)
from sparsesim.results.columns import AXES
from sparsesim.store.asked import FAILED, POINT_ROLE, Asked
from sparsesim.store.conditions import Condition
from sparsesim.store.faults import DAMAGED, in_words
from sparsesim.store.loading import loaded
from sparsesim.store.query import ASKED_FROM, LABELS, selection, tests

if TYPE_CHECKING:
    import pandas as pd

_AT_A_TIME: Final = 500
"""Hashes in one statement."""


class Store:
    """The points of a sweep, kept in one SQLite file; `sparsesim.store.opened` opens it.

    A point is known by its content hash, and its labels and place are those of the description that the store was last
    written with; the pruner "given" and the sparsity that a point reached stay as they were found. Points that the
    description does not ask for any more stay in the file. Any method may raise InputError for a damaged file.

    Attributes:
        path: of the file, as it was given.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @property
    def name(self) -> str:
        """Of the sweep."""
        return self._about("name")

    @property
    def description(self) -> dict[str, Any]:
        """Of the sweep, as it was given to `writing`."""
        return self._json("description")

    @property
    def baseline(self) -> dict[str, Any]:
        """Columns of the reference point by name; empty to compare with points of the role "reference"."""
        return self._json("baseline")

    @property
    def version(self) -> str:
        """Of the sparsesim that last wrote it."""
        return self._about("version")

    def finished(self, *, failed: bool = True) -> set[str]:
        """Hashes of all points that are there, whether they are asked for or not; those that failed on request."""
        where = "" if failed else f" WHERE status <> '{FAILED}'"
        return {str(point) for (point,) in self._rows(f"SELECT point FROM points{where}")}

    def counts(self, role: str = POINT_ROLE) -> dict[str, int]:
        """How many points of a role there are: "asked", "ok", "refused", "failed" and "missing"."""
        found = dict(self._rows(f"SELECT p.status, count(*) {ASKED_FROM} GROUP BY p.status", (role,)))
        ((asked,),) = self._rows("SELECT count(*) FROM asked WHERE role = ?", (role,))
        counted = {"asked": asked} | {status: found.get(status, 0) for status in ("ok", "refused", FAILED)}
        return counted | {"missing": asked - sum(found.values())}

    def asked(self) -> list[Asked]:
        """Every point that the sweep asks for, in order."""
        statement = f"SELECT point, role, {', '.join(POINT)}, axes FROM asked ORDER BY place"
        return [Asked._make((*row[:-1], self._loads(row[-1]))) for row in self._rows(statement)]

    def records(self, hashes: Iterable[str]) -> list[PointRecord]:
        """These points, in this order; InputError for one that is not there. Labels as the description has them."""
        wanted, found = list(hashes), dict[str, PointRecord]()
        for start in range(0, len(wanted), _AT_A_TIME):
            part = wanted[start : start + _AT_A_TIME]
            holes = ", ".join("?" * len(part))
            statement = f"{selection('p.*', 'l.results', everything=True)} AND p.point IN ({holes})"
            found |= {each.row[IDENTITY]: each for each in self._records(statement, (POINT_ROLE, *part))}
        missing = [each for each in wanted if each not in found]
        if missing:
            raise InputError(f"{self.path}: there is no point {missing[0]}")
        return [found[each] for each in wanted]

    def layers(self, point: str) -> list[Result]:
        """The results of the layers of a point; none for one that failed."""
        (record,) = self.records([point])
        return self._layers(record)

    def results(self, role: str = POINT_ROLE, where: Sequence[Condition] = ()) -> list[Result]:
        """The results of all points of a role that meet the conditions, in the order of the sweep."""
        return [result for each in self.each_record(role, where) for result in self._layers(each)]

    def objects(self, conditions: Sequence[Condition] = ()) -> Iterator[dict[str, Any]]:
        """One object per point for JSON, as `point_objects` gives it, in the order of the sweep."""
        return (point_object(record.row) for record in self.each_record(POINT_ROLE, conditions))

    def each_record(self, role: str = POINT_ROLE, conditions: Sequence[Condition] = ()) -> Iterator[PointRecord]:
        """All points of a role that meet the conditions, in the order of the sweep."""
        met, values = tests(self._connection, conditions)
        places = [
            place for (place,) in self._rows(f"SELECT a.place {ASKED_FROM}{met} ORDER BY a.place", (role, *values))
        ]
        # In parts that are fetched at once: a statement that is left open keeps the writer from its commit.
        for start in range(0, len(places), _AT_A_TIME):
            part = places[start : start + _AT_A_TIME]
            holes = ", ".join("?" * len(part))
            tail = f"AND a.place IN ({holes}) ORDER BY a.place"
            yield from self._records(f"{selection('p.*', 'l.results')} {tail}", (role, *part))

    def table(
        self,
        columns: Iterable[str] | None = None,
        where: Sequence[Condition] = (),
        *,
        everything: bool = False,
        role: str = POINT_ROLE,
    ) -> "pd.DataFrame":
        """One row per point in the order of the sweep, with the columns of `sparsesim.results.totals`.

        Args:
            columns: names or shell patterns such as "count_*" of those to load; None for all but counts of actions.
            where: conditions that all rows meet, see `sparsesim.store.conditions`.
            everything: with points that are not asked for any more, at the end.
            role: whose points.

        Raises InputError for a column that no point has.
        """
        with in_words(self.path):
            return loaded(self._connection, columns, where, everything=everything, role=role)

    def _records(self, statement: str, values: Sequence[Any]) -> list[PointRecord]:
        with in_words(self.path), closing(self._connection.execute(statement, values)) as cursor:
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        return [self._record(dict(zip(names, row, strict=True))) for row in rows]

    def _record(self, values: dict[str, Any]) -> PointRecord:
        """A point from all columns of `points`, the labels that are asked for, and its layers."""
        blob = values.pop("results")
        labels = {name: values.pop(f"asked {name}") for name in LABELS}
        axes = self._loads(labels.pop("axes"))
        values.pop("axes")
        values |= labels
        row = {name: value for name, value in values.items() if value is not None}
        row |= {name: None for name in ("idle_w",) if name not in row}
        row |= {name: float("nan") for name in ("density", "sparsity") if name not in row}
        return PointRecord(row | {AXES.column(axis): value for axis, value in axes.items()}, blob)

    def _layers(self, record: PointRecord) -> list[Result]:
        row = record.row
        axes = {axis: row[column] for axis, column in AXES.among(row).items()}
        with within(f"{self.path}: point {row[IDENTITY]}"):
            found = layer_results(record.layers)
        given = {"network": row["network"], "format": row["format"], "machine": row["machine"], "axes": axes}
        return [replace(each, **given, pruner=each.pruner if each.pruner == GIVEN else row["pruner"]) for each in found]

    def _about(self, key: str) -> str:
        for (value,) in self._rows("SELECT value FROM about WHERE key = ?", (key,)):
            return str(value)
        raise InputError(f"{self.path}: damaged: it does not say the {key} of its sweep: {DAMAGED}")

    def _json(self, key: str) -> dict[str, Any]:
        return self._loads(self._about(key))

    def _loads(self, text: Any) -> dict[str, Any]:
        try:
            found = json.loads(text)
            if isinstance(found, dict):
                return found
        except (ValueError, TypeError, RecursionError):
            pass
        raise InputError(f"{self.path}: damaged: {str(text)[:40]!r} is no JSON object: {DAMAGED}")

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        with in_words(self.path), closing(self._connection.execute(statement, values)) as cursor:
            return cursor.fetchall()
