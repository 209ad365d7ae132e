"""Which rows of a table belong to one point, and what points of one name are called."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sparsesim.errors import InputError
from sparsesim.results.columns import IDENTITY, POINT

if TYPE_CHECKING:
    import pandas as pd

    from sparsesim.results.record import Result

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
    import pandas as pd

    keyed = with_identity(layers)
    keys = zip(*(keyed[name].tolist() for name in (*POINT, IDENTITY)), strict=True)
    return pd.Series(_numbered(keys, keyed["layer"].tolist()), layers.index)


def points_of(results: Iterable["Result"]) -> list[list["Result"]]:
    """The layers of each point, as `point_numbers` tells points apart."""
    results, points = list(results), dict[int, list["Result"]]()
    keys = (tuple(getattr(result, name) for name in (*POINT, IDENTITY)) for result in results)
    for number, result in zip(_numbered(keys, [result.layer for result in results]), results, strict=True):
        points.setdefault(number, []).append(result)
    return list(points.values())


def _numbered(keys: Iterable[tuple[Any, ...]], layers: Sequence[str]) -> list[int]:
    numbers, places, known = list[int](), dict[tuple[Any, ...], int](), set[tuple[int, str]]()
    for key, layer in zip(keys, layers, strict=True):
        # A missing value does not equal itself, and would make a point of every layer.
        number = places.setdefault(tuple(None if value != value else value for value in key), len(places))
        if (number, layer) in known and key[0] != _ALONE:
            raise InputError(_told(dict(zip((*POINT, IDENTITY), key, strict=True)) | {"layer": layer}))
        known.add((number, layer))
        numbers.append(number)
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
