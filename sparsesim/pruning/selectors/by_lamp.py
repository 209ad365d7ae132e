"""LAMP: one ranking over all layers that weighs every score by what is left of its own layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.pruning.checks import check_amount
from sparsesim.pruning.ranking.largest import keep_largest
from sparsesim.pruning.selectors.base import Candidates
from sparsesim.pruning.selectors.largest_groups import n_kept


@dataclass(frozen=True)
class ByLAMP:
    """Drop exactly round(sparsity * groups) over all layers, those with the smallest layer-adaptive score.

    A group with the score x ranks by x**2 over the sum of squares of all groups of its layer that rank no lower
    (J. Lee et al., Layer-adaptive Sparsity for the Magnitude-based Pruning, ICLR 2021). The best group of
    every layer has 1, so that no layer vanishes before all others are down to one group.
    """

    sparsity: float
    per_layer = False

    def __post_init__(self) -> None:
        check_amount("sparsity", self.sparsity, below=1)

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""
        keep = n_kept(sum(layer.groups for layer in layers), self.sparsity)
        # Within a layer the order stays that of the scores, so that only the number of groups kept is needed.
        counts = [int(kept.sum()) for kept in keep_largest([lamp_scores(layer.scores) for layer in layers], keep)]
        return [keep_largest([layer.scores], n)[0] for layer, n in zip(layers, counts, strict=True)]

    def requested(self, layers: Sequence[Candidates]) -> list[float | None]:
        """The sparsity of a single layer; of several, only the weights decide."""
        return [self.sparsity if len(layers) == 1 else None] * len(layers)

    def describe(self) -> str:
        """The choice in words."""
        return f"{100 * self.sparsity:g} % dropped over all layers, each score over what is left of its layer (LAMP)"


def lamp_scores(scores: FloatArray) -> FloatArray:
    """Layer-adaptive scores `[n]` in float64, in descending order of |score|, which is their own order too."""
    sizes = np.sort(np.abs(scores, dtype=np.float64))[::-1]
    largest = sizes.max(initial=0.0)
    squares = np.square(sizes / largest) if 0 < largest < np.inf else np.zeros_like(sizes)
    left = np.cumsum(squares)
    adapted: FloatArray = np.divide(squares, left, out=np.zeros_like(left), where=left > 0)
    return adapted
