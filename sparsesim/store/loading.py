"""Tables of many points: columns are read into arrays, and no row is ever an object of its own."""

import json
import math
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.resources import RESOURCES
from sparsesim.results import IDENTITY, POINT
from sparsesim.results.columns import ADDED, ADDED_FAMILIES, AXES, COUNTS, DRAM, ENERGY, TIME
from sparsesim.store.conditions import Condition
from sparsesim.store.query import ALL_FROM, ASKED_FROM, LABELS, check_columns, expression, tests
from sparsesim.store.schema import TEXT_COLUMNS, columns_of

if TYPE_CHECKING:
    import pandas as pd

_ROWS_AT_A_TIME: Final = 8192
_FIRST: Final = (*POINT, IDENTITY, "axes", "layers", "kernel", "unpacked", "density")
_SUMS: Final = tuple(ADDED)
_LAST: Final = ("weights", "dtype", "idle_w", "energy_table", "bottleneck", "status", "note")
_ONLY_BY_NAME: Final = ("a_nnz", "dtype")
_TENSORS: Final = ("A", "B", "C", "partial")
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

    known = _in_order(columns_of(connection))
    names = _chosen(known, columns)
    read = list(dict.fromkeys([*names, "status"]))
    source, order = (ALL_FROM, "a.place IS NULL, a.place, p.rowid") if everything else (ASKED_FROM, "a.place")
    clauses, values = tests(connection, where)
    ((rows,),) = connection.execute(f"SELECT count(*) {source}{clauses}", (role, *values)).fetchall()
    check_memory(f"a table of {rows} x {len(read)}", _BYTES_PER_VALUE * rows * len(read))
    selected = ", ".join(map(expression, read))
    statement = f"SELECT {selected} {source}{clauses} ORDER BY {order}"
    parts: list[list[Any]] = [[] for _ in read]
    with closing(connection.execute(statement, (role, *values))) as cursor:
        while chunk := cursor.fetchmany(_ROWS_AT_A_TIME):
            for part, column in zip(parts, zip(*chunk, strict=True), strict=True):
                part.append(_array(column))
    found = {name: _joined(name, part) for name, part in zip(read, parts, strict=True)}
    done = found["status"] == "ok"
    content: dict[str, Any] = {}
    for name in names:
        if name == "axes":
            content |= _axes(found[name], columns)
        elif name in TEXT_COLUMNS:
            content[name] = pd.array(found[name], dtype="str")
        elif (numbers := _numbers(name, found[name], done)) is not None:
            content[name] = numbers
    return pd.DataFrame(content)
