"""Statements about points: which are asked for, what they are called, and which meet conditions."""

import difflib
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sparsesim.errors import InputError
from sparsesim.results import GIVEN
from sparsesim.results.columns import AXES
from sparsesim.store.conditions import Condition
from sparsesim.store.schema import TEXT_COLUMNS, columns_of, quoted

ASKED_FROM: Final = "FROM asked AS a CROSS JOIN points AS p ON p.point = a.point WHERE a.role = ?"
"""The points of a role that are there; the join is done in the order of the sweep."""
ALL_FROM: Final = (
    "FROM points AS p LEFT JOIN asked AS a ON a.point = p.point AND a.role = ? "
    "WHERE (a.place IS NOT NULL OR p.point NOT IN (SELECT point FROM asked))"
)
"""Those, and points that are not asked for any more."""

LABELS: Final = {
    "network": "coalesce(a.network, p.network)",
    "pruner": f"CASE WHEN p.pruner = '{GIVEN}' THEN p.pruner ELSE coalesce(a.pruner, p.pruner) END",
    "format": "coalesce(a.format, p.format)",
    "machine": "coalesce(a.machine, p.machine)",
    "axes": "coalesce(a.axes, p.axes)",
}
"""What a point is called now, by column."""


def selection(*columns: str, everything: bool = False) -> str:
    """The start of a statement that selects columns and labels (as "asked NAME") of points of a role."""
    named = ", ".join([*columns, *(f'{words} AS "asked {name}"' for name, words in LABELS.items())])
    source = ALL_FROM if everything else ASKED_FROM
    if "l.results" in columns:
        source = source.replace(" WHERE", " LEFT JOIN layers AS l ON l.point = p.point WHERE", 1)
    return f"SELECT {named} {source}"


def expression(column: str) -> str:
    """What a column is in a statement."""
    return LABELS.get(column) or f"p.{quoted(column)}"


def tests(connection: sqlite3.Connection, conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
    """Conditions as the end of a WHERE clause, and the values to bind; InputError for a column that is not there."""
    known = columns_of(connection)
    clauses, values = list[str](), list[Any]()
    for each in conditions:
        axis = AXES.key(each.column)
        if axis is None:
            check_columns([each.column], known)
        told = expression(each.column)
        if axis is not None:
            told = f"json_extract({LABELS['axes']}, ?)"
            values.append(f'$."{axis}"')
        if each.is_pattern:
            clauses.append(f"{told} {'NOT ' if each.sign == '!=' else ''}GLOB ?")
            values.append(each.value.replace("[", "[[]"))
            continue
        value = str(each.value) if each.column in TEXT_COLUMNS else each.value
        clauses.append(f"{told} {each.sign} ?")
        values.append(value)
    return "".join(f" AND {clause}" for clause in clauses), values


def check_columns(asked: Iterable[str], known: Iterable[str]) -> None:
    """InputError for the first column that no point has, with the nearest that some have."""
    names = list(known)
    for name in asked:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else "`sparsesim results --columns` lists them"
            raise InputError(f"unknown column {name!r}: {hint}")
