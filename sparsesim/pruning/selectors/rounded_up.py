"""Kept counts that hardware likes: multiples of 8, 16, ..."""

from collections.abc import Sequence
from dataclasses import dataclass

from sparsesim.array_types import BoolArray
from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_length
from sparsesim.pruning.ranking.largest import keep_largest
from sparsesim.pruning.selectors.base import Candidates, Selector
from sparsesim.pruning.selectors.by_sparsity import BySparsity


@dataclass(frozen=True)
class RoundedUp:
    """Another selector, but every layer keeps a multiple of `multiple` groups, or all it has.

    The count is rounded up with the next best groups, so that less is dropped than `selector` asks for. A layer that
    loses everything still does.
    """

    selector: Selector
    multiple: int

    def __post_init__(self) -> None:
        check_length("round_to", self.multiple)
        if isinstance(self.selector, BySparsity) and self.selector.scope == "row":
            raise InputError(f"round_to={self.multiple} counts groups of a layer, the selector those of a row")

    @property
    def per_layer(self) -> bool:
        """Whether the selector that is rounded treats every layer for itself."""
        return self.selector.per_layer

    @property
    def sparsity(self) -> float | None:
        """The share of groups to drop before rounding, if it is known beforehand."""
        return self.selector.sparsity

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""
        counts = [-(-int(kept.sum()) // self.multiple) * self.multiple for kept in self.selector.keep(layers)]
        return [keep_largest([layer.scores], n)[0] for layer, n in zip(layers, counts, strict=True)]

    def requested(self, layers: Sequence[Candidates]) -> list[float | None]:
        """The share of groups to drop in every layer before rounding, where it is known beforehand."""
        return self.selector.requested(layers)

    def describe(self) -> str:
        """The choice in words."""
        return f"{self.selector.describe()}, kept counts rounded up to multiples of {self.multiple}"
