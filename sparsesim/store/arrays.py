"""Columns of SQLite as arrays, with what is missing told apart from 0."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Column(NamedTuple):
    """Values of a column as float64 (NaN where missing), int64 (0 where missing) or objects; and which are missing."""

    values: NDArray[Any]
    missing: NDArray[np.bool_]


def column_of(kind: str, values: Sequence[Any]) -> Column:
    """A column of a declared type, "INTEGER", "REAL" or a text; ValueError or TypeError for values of another."""
    if kind == "TEXT":
        texts = np.empty(len(values), object)
        texts[:] = ["" if value is None else value for value in values]
        return Column(texts, np.zeros(len(values), np.bool_))
    if kind == "REAL":
        numbers = np.array(values, np.float64)
        return Column(numbers, np.isnan(numbers))
    try:
        return Column(np.array(values, np.int64), np.zeros(len(values), np.bool_))
    except TypeError:  # None among them, which is rare in most columns and everything in some
        missing = np.array([value is None for value in values], np.bool_)
        return Column(np.array([value or 0 for value in values], np.int64), missing)


def joined(parts: Sequence[Column], kind: str) -> Column:
    """Parts of one column, one after the other."""
    if not parts:
        return column_of(kind, [])
    return Column(np.concatenate([part.values for part in parts]), np.concatenate([part.missing for part in parts]))
