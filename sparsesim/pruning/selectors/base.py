"""What a selector sees of a layer, and what every selector can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sparsesim.array_types import BoolArray, FloatArray


@dataclass(frozen=True)
class Candidates:
    """The groups of one layer that may be kept.

    Attributes:
        scores: 1-D, one per candidate; their absolute values rank them.
        groups: all groups of the layer, those that an earlier mask dropped included.
        dense: the layer's weight before any pruning.
        name: the layer's name.
        columns: groups in a row of groups; groups are numbered row by row.
        alive: bool[groups], which groups are candidates; None where all are.
    """

    scores: FloatArray
    groups: int
    dense: FloatArray
    name: str = "weight"
    columns: int = 1
    alive: BoolArray | None = None


class Selector(Protocol):
    """Chooses the groups that stay."""

    @property
    def sparsity(self) -> float | None:
        """The share of groups to drop, if it is known beforehand."""

    @property
    def per_layer(self) -> bool:
        """Whether what stays of a layer depends on that layer alone."""

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""

    def requested(self, layers: Sequence[Candidates]) -> list[float | None]:
        """The share of groups to drop in every layer, where it is known before anything is ranked."""

    def describe(self) -> str:
        """The choice in words."""
