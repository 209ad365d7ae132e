"""Points of a sweep as curves: which column tells panels apart, which series, and what a series is called."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.report.quantity import quantity
from sparsesim.report.style import in_order, pruned
from sparsesim.results.columns import AXES, POINT

if TYPE_CHECKING:
    import pandas as pd

LABELLED: Final = ("network", "machine")
"""Columns of labels that tell in brackets what else differs."""
FEWEST_VALUES: Final = 3
"""Fewer are no axis to draw a curve over."""
_BESIDE: Final = ("energy_table", "dtype")
"""Columns besides, in which points may differ."""


def without_axes(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with those words in brackets left out of labels that stand in a column of an axis as well.

    A machine that is called "sparch (64 GB/s)" where its bandwidth is 64 GB/s, and nowhere else, is "sparch" then:
    all values of the axis are on one curve.
    """
    axes = list(AXES.among(table.columns).values())
    for column in LABELLED:
        names = {label: _shorter(table, column, label, axes) for label in in_order(table[column])}
        table = table.assign(**{column: table[column].map(names)})
    return table


def axis_column(table: "pd.DataFrame", name: str) -> str:
    """The column of an axis or figure by its name, such as "axis_batch" for "batch". Raises UnknownNameError."""
    for column in (name, AXES.column(name)):
        if column in table:
            return column
    raise UnknownNameError("column", name, [AXES.key(column) or column for column in table.columns])


def numbers(table: "pd.DataFrame", name: str) -> "pd.Series[float]":
    """A column as floats; InputError where it holds words."""
    import pandas as pd

    column = axis_column(table, name)
    try:
        return pd.to_numeric(table[column]).astype(float)
    except (ValueError, TypeError) as error:
        raise InputError(f"{name}: numbers are needed, found {in_order(table[column])[0]!r}") from error


def telling(table: "pd.DataFrame", over: str, apart_from: Sequence[str]) -> list[str]:
    """The columns that tell curves over a column apart, besides those given: what these tell as well is left out."""
    known = [*POINT, *AXES.among(table.columns).values(), *(name for name in _BESIDE if name in table)]
    found = list[str]()
    for column in known:
        # A machine that has no value on the axis is another one, though the missing value would tell it as well.
        along = [] if column in LABELLED and table[over].hasnans else [over]
        if column not in (over, *apart_from) and not _follows(table, column, [*along, *apart_from, *found]):
            found.append(column)
    return found


def numeric_axes(table: "pd.DataFrame") -> list[str]:
    """The columns of axes with three numbers or more."""
    from pandas.api.types import is_numeric_dtype

    columns = AXES.among(table.columns).values()
    return [name for name in columns if is_numeric_dtype(table[name]) and table[name].nunique() >= FEWEST_VALUES]


def panels_for(table: "pd.DataFrame", over: str, most: int) -> list[str]:
    """Columns to tell panels apart, so that no panel has more than `most` series, as far as that can be."""
    found = list[str]()
    for column in ("network", "machine", "sparsity", *AXES.among(table.columns).values()):
        told = telling(table, over, found)
        if len(table[told].drop_duplicates()) <= most or not told:
            break
        found += [column] if column in told else []
    return found


def words_for(table: "pd.DataFrame", columns: Sequence[str]) -> "pd.Series[Any]":
    """What each row is called by its values in these columns; a pruner and its sparsity are told together."""
    import pandas as pd

    if not columns:
        return pd.Series([""] * len(table), table.index, dtype=object)
    parts, left = list["pd.Series[Any]"](), list(columns)
    if "sparsity" in left and "pruner" not in left and table["pruner"].nunique() == 1:
        left[left.index("sparsity")] = "pruner"
        left = [*dict.fromkeys([*left, "sparsity"])]
    for column in left:
        if column == "sparsity" and "pruner" in left:
            continue
        if column == "pruner" and "sparsity" in left:
            told = [pruned(*pair) for pair in zip(table["pruner"], table["sparsity"], strict=True)]
        else:
            told = [_told(table, column, value) for value in table[column]]
        parts.append(pd.Series(told, table.index, dtype=object))
    rows = zip(*(part.tolist() for part in parts), strict=True)
    return pd.Series([", ".join(filter(None, row)) for row in rows], table.index, dtype=object)


def _told(table: "pd.DataFrame", column: str, value: Any) -> str:
    """A value in words: a name as it is, a number with its axis."""
    if value != value or value is None:
        return ""
    if isinstance(value, str):
        return value
    there = [float(each) for each in table[column].dropna()]
    shown = quantity(column, there)
    name, _, unit = shown.label.removesuffix("]").partition(" [")
    number = shown.words(float(value))
    return f"{number} {unit}" if unit and name != "batch" else f"{name} {number}"


def _follows(table: "pd.DataFrame", column: str, others: Sequence[str]) -> bool:
    """Whether a column has one value wherever the others are equal."""
    if not others:
        return bool(table[column].nunique(dropna=False) <= 1)
    distinct = table[[column, *others]].drop_duplicates()
    return bool(not distinct.duplicated(list(others)).any())


def _shorter(table: "pd.DataFrame", column: str, label: str, axes: Sequence[str]) -> str:
    base, *groups = _parts(label)
    if not groups:
        return label
    own = table[[_parts(other)[0] == base for other in table[column]]]
    kept = [[word for word in group if not any(_is_of(own, column, word, axis) for axis in axes)] for group in groups]
    return " ".join([base, *(f"({', '.join(group)})" for group in kept if group)])


def _is_of(own: "pd.DataFrame", column: str, word: str, axis: str) -> bool:
    """Whether a word stands in the labels of all rows of one value of an axis, and in no others."""
    has = own[column].map(lambda label: any(word in group for group in _parts(label)[1:]))
    values = own.loc[has, axis].drop_duplicates()
    return bool(len(values) == 1 and values.notna().all() and has.eq(own[axis] == values.iloc[0]).all())


def _parts(label: str) -> list[Any]:
    """A name, and the words of every pair of brackets behind it."""
    base, *groups = label.removesuffix(")").replace(") (", " (").split(" (")
    return [base, *(group.split(", ") for group in groups)]
