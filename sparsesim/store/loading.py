"""Tables of many points: columns are read into arrays, and no row is ever an object of its own."""

import json
import math
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.energies import ENERGIES
from sparsesim.limits import check_memory
from sparsesim.resources import RESOURCES
from sparsesim.results import IDENTITY, POINT
from sparsesim.results.columns import ADDED, AXES, COUNTS, DRAM, ENERGY, TIME
from sparsesim.store.arrays import Column, column_of, joined, texts_of
from sparsesim.store.conditions import Condition
from sparsesim.store.query import ALL_FROM, ASKED_FROM, check_columns, expression, tests
from sparsesim.store.schema import kinds_of

if TYPE_CHECKING:
    import pandas as pd

_ROWS_AT_A_TIME: Final = 8192
_FIRST: Final = (*POINT, IDENTITY, "axes", "layers", "kernel", "unpacked", "density")
_LAST: Final = ("weights", "dtype", "idle_w", "energy_table", "bottleneck", "status", "note")
_ONLY_BY_NAME: Final = ("a_nnz", "dtype")
_TENSORS: Final = ("A", "B", "C", "partial")
_CACHE_KIB: Final = 2**16
"""Pages that SQLite keeps while it goes from the order of the sweep to that in which points finished."""
_BYTES_PER_VALUE: Final = 80
"""Memory of one value while a table is read (measured: 60)."""


def loaded(
    connection: sqlite3.Connection,
    columns: Iterable[str] | None,
    where: Sequence[Condition],
    *,
    everything: bool,
    role: str,
) -> "pd.DataFrame":
    """The table of `Store.table`."""
    import pandas as pd

    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    kinds = kinds_of(connection)
    names = _chosen(_in_order(kinds), columns)
    read = list(dict.fromkeys([*names, "status"]))
    source, order = (ALL_FROM, "a.place IS NULL, a.place, p.rowid") if everything else (ASKED_FROM, "a.place")
    clauses, values = tests(connection, where)
    ((rows,),) = connection.execute("SELECT max((SELECT count(*) FROM asked), (SELECT count(*) FROM points))")
    check_memory(f"a table of {rows} x {len(read)}", _BYTES_PER_VALUE * rows * len(read))
    statement = f"SELECT {', '.join(map(expression, read))} {source}{clauses} ORDER BY {order}"
    parts: list[list[Column]] = [[] for _ in read]
    with closing(connection.execute(statement, (role, *values))) as cursor:
        while chunk := cursor.fetchmany(_ROWS_AT_A_TIME):
            for name, part, own in zip(read, parts, zip(*chunk, strict=True), strict=True):
                part.append(column_of(kinds[name], own))
    found = {name: joined(part, kinds[name]) for name, part in zip(read, parts, strict=True)}
    done = found["status"].values == "ok"
    content: dict[str, Any] = {}
    for name in names:
        if name == "axes":
            content |= _axes(found[name].values, columns)
        elif kinds[name] == "TEXT":
            content[name] = texts_of(found[name])
        elif columns is not None or _is_told(name, found[name]):
            content[name] = _figures(name, found[name], done)
    return pd.DataFrame(content)


def _in_order(known: Iterable[str]) -> list[str]:
    """Columns in an order that does not depend on which point finished first."""
    groups: dict[int, list[str]] = {}
    for name in known:
        groups.setdefault(_group(name), []).append(name)
    return [name for _, names in sorted(groups.items()) for name in sorted(names, key=_place)]


_FAMILIES: Final = (TIME, ENERGY, DRAM, COUNTS)
_ORDERS: Final = {
    TIME: [TIME.column(name) for name in RESOURCES],
    ENERGY: [ENERGY.column(name) for name in ENERGIES],
    DRAM: [DRAM.column(name) for name in _TENSORS],
}


def _group(name: str) -> int:
    if name in _FIRST:
        return 0
    if name in ADDED:
        return 1
    family = next((number for number, family in enumerate(_FAMILIES) if family.key(name) is not None), None)
    return 2 + family if family is not None and name not in _LAST else 9


def _place(name: str) -> tuple[int, str]:
    """Where a column stands within its group: where its family has it, else by name."""
    for order in (_FIRST, ADDED, _LAST, *_ORDERS.values()):
        if name in order:
            return list(order).index(name), name
    return 1000, name


def _chosen(known: Sequence[str], columns: Iterable[str] | None) -> list[str]:
    """The columns that are meant, in order; InputError for one that nothing is."""
    if columns is None:
        return [name for name in known if name not in _ONLY_BY_NAME and COUNTS.key(name) is None]
    chosen = list[str]()
    for pattern in columns:
        found = [name for name in known if fnmatchcase(name, pattern)]
        if AXES.key(pattern) is not None:
            found = ["axes"]
        elif not found:
            check_columns([pattern], known)
        chosen += found
    return list(dict.fromkeys(chosen))


def _is_told(name: str, column: Column) -> bool:
    """Whether any point has a value; sums and energies are shown even where all were refused."""
    if TIME.key(name) is None and DRAM.key(name) is None:
        return True
    return not bool(column.missing.all())


def _figures(name: str, column: Column, done: NDArray[np.bool_]) -> Any:
    """Numbers of a table: of points that are not "ok" none, of tensors that they did not move 0 bytes."""
    import pandas as pd

    values, missing = column
    if values.dtype == np.float64:
        return values
    if DRAM.key(name) is not None:
        missing = missing & ~done
    if not missing.any():
        return values
    if COUNTS.key(name) is not None:
        return pd.arrays.IntegerArray(values, missing)
    return np.where(missing, np.nan, values.astype(np.float64))


def _axes(texts: NDArray[Any], columns: Iterable[str] | None) -> dict[str, Any]:
    """A column for every axis, in the order in which points have them."""
    import pandas as pd

    codes, different = pd.factorize(texts)  # many points share their values
    rows = [json.loads(text) for text in different]
    patterns = ["*"] if columns is None else list(columns)
    names = dict.fromkeys(axis for row in rows for axis in row)
    wanted = [axis for axis in names if any(fnmatchcase(AXES.column(axis), pattern) for pattern in patterns)]
    values = {axis: pd.Series([row.get(axis, math.nan) for row in rows]).array for axis in wanted}
    return {AXES.column(axis): own.take(codes) for axis, own in values.items()}
