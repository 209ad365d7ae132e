"""Which rows of a table belong to one point, and what points of one name are called."""

from typing import TYPE_CHECKING, Any, Final

from sparsesim.errors import InputError
from sparsesim.results.columns import IDENTITY, POINT

if TYPE_CHECKING:
    import pandas as pd

_TELLING: Final = ("dtype", "energy_table", "weights", "layers")
"""Columns that tell points of one name apart in words."""
_SHOWN: Final = 6
"""Characters of a hash that are shown where nothing else tells points apart."""


def with_identity(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with the column `point`, empty in tables from before there was one."""
    if IDENTITY not in table:
        return table.assign(**{IDENTITY: ""})
    return table.assign(**{IDENTITY: table[IDENTITY].fillna("")}) if table[IDENTITY].hasnans else table


def point_numbers(layers: "pd.DataFrame") -> "pd.Series[Any]":
    """The number of the point that each row of a table of layers belongs to, counted from 0.

    Raises InputError where a point has a layer twice: added up it would take twice the time. Without identities
    nobody can say whether that is one point twice, or several of one name.
    """
    keyed = with_identity(layers)
    # Points are numbered, because a key with a missing value is not found again in an index.
    numbers = keyed.groupby([*POINT, IDENTITY], sort=False, dropna=False).ngroup()
    known = set[tuple[int, str]]()
    for place, (number, layer, network) in enumerate(zip(numbers, keyed["layer"], keyed["network"], strict=True)):
        if (number, layer) in known and network != _ALONE:
            raise InputError(_told(keyed.iloc[place].to_dict()))
        known.add((number, layer))
    return numbers


_ALONE: Final = "matrix"
"""What products without a network are called; many may share a name."""


def _told(row: dict[Any, Any]) -> str:
    named = ", ".join(f"{name} {row[name]}" for name in POINT)
    twice = f"layer {row['layer']!r} is there twice for {named}"
    if row[IDENTITY]:
        return f"{twice} (point {row[IDENTITY]}): the same point was given more than once"
    return f"{twice}: these results have no column {IDENTITY!r}, so that points of one name cannot be told apart"


def told_apart(table: "pd.DataFrame") -> "pd.DataFrame":
    """A table of layers or points in which no two points have one name; those that do not clash keep theirs.

    The network of those that clash gets what differs in brackets: number type, energy table, origin of weights, number
    of layers, or else the beginning of the identity. Within one sweep nothing clashes.
    """
    if IDENTITY not in table or table.empty:
        return table
    keyed = with_identity(table)
    points = keyed.drop_duplicates([*POINT, IDENTITY])
    clashing = points[points.duplicated(list(POINT), keep=False)]
    if clashing.empty:
        return table
    names = keyed["network"].copy()
    for network in dict.fromkeys(clashing["network"]):
        own = points[points["network"] == network]
        of_network = keyed["network"] == network
        column = next((name for name in _TELLING if name in own and not _alike(own, name)), None)
        told = keyed[column].astype(str) if column else keyed[IDENTITY].str[:_SHOWN]
        concerned = of_network if column else of_network & keyed[IDENTITY].isin(clashing[IDENTITY])
        names = names.mask(concerned, keyed["network"] + " (" + told + ")")
    return table.assign(network=names)


def _alike(points: "pd.DataFrame", column: str) -> bool:
    """Whether points of one name remain when this column is added to it."""
    return bool(points.duplicated([*POINT, column]).any())
