"""Layers of equal shape, which lie close together in a picture and share one label."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

_SHAPE: Final = ("m", "n", "k", "repeat", "groups")


@dataclass(frozen=True)
class Shape:
    """Layers of one network with the same matrices: their number in the network, and what they are called together."""

    number: int
    name: str
    layers: tuple[str, ...]


def shapes_of(table: "pd.DataFrame") -> dict[str, Shape]:
    """The shape of every layer of one network, by layer; numbered from 1 in the order of the layers."""
    first = table.drop_duplicates("layer")
    members = [tuple(rows["layer"]) for _, rows in first.groupby(list(_SHAPE), sort=False)]
    return {
        layer: Shape(number, common_name(layers), layers)
        for number, layers in enumerate(members, start=1)
        for layer in layers
    }


def common_name(layers: Sequence[str]) -> str:
    """One name for several layers: numbers in which they differ become stars, "layer3.*.conv1 ×5"."""
    if len(layers) == 1:
        return layers[0]
    parts = [re.split(r"(\d+)", layer) for layer in layers]
    if len({tuple(part[::2]) for part in parts}) > 1:
        return f"{layers[0]} and {len(layers) - 1} more"
    columns = zip(*parts, strict=True)
    return "".join(column[0] if len(set(column)) == 1 else "*" for column in columns) + f" ×{len(layers)}"
