"""Columns of SQLite as arrays, with what is missing told apart from 0."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pandas.api.extensions import ExtensionArray


class Column(NamedTuple):
    """Values of a column as float64 (NaN where missing), int64 (0 where missing) or objects; and which are missing."""

    values: NDArray[Any]
    missing: NDArray[np.bool_]


def column_of(kind: str, values: Sequence[Any]) -> Column:
    """A column of a declared type, "INTEGER", "REAL" or a text; ValueError or TypeError for values of another."""
    if kind == "TEXT":
        return Column(_objects(values), np.zeros(len(values), np.bool_))
    if kind == "REAL":
        numbers = np.array(values, np.float64)
        return Column(numbers, np.isnan(numbers))
    try:
        return Column(np.array(values, np.int64), np.zeros(len(values), np.bool_))
    except TypeError:  # None among them, which most columns never have
        objects = _objects(values)
        missing = objects == None  # noqa: E711 (of each)
        objects[missing] = 0
        return Column(objects.astype(np.int64), missing)


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    found = np.empty(len(values), object)
    found[:] = values
    return found


def texts_of(column: Column) -> "ExtensionArray":
    """Texts as pandas keeps them, "" for what is missing; each different one is converted once."""
    import pandas as pd

    codes, different = pd.factorize(column.values)
    texts: ExtensionArray = pd.array([*different, ""], dtype="str")
    return texts.take(np.where(codes < 0, len(different), codes))


def joined(parts: Sequence[Column], kind: str) -> Column:
    """Parts of one column, one after the other."""
    if not parts:
        return column_of(kind, [])
    return Column(np.concatenate([part.values for part in parts]), np.concatenate([part.missing for part in parts]))
