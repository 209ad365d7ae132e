"""How many groups are dropped: by sparsity per layer or over all layers, by a threshold, or by `s * sigma`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np

from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_amount
from sparsesim.pruning.kernels import mark_above, standard_deviation
from sparsesim.pruning.ranking import keep_largest
from sparsesim.pruning.types import BoolArray, FloatArray

Scope: TypeAlias = Literal["layer", "global"]


@dataclass(frozen=True)
class Candidates:
    """The groups of one layer that may be kept.

    `scores` is 1-D and ranks by absolute value; `groups` also counts those that an earlier mask dropped already;
    `dense` is the layer's weight before any pruning.
    """

    scores: FloatArray
    groups: int
    dense: FloatArray


class Selector(Protocol):
    """Chooses the groups that stay."""

    @property
    def sparsity(self) -> float | None:
        """The share of groups to drop, if it is known beforehand."""

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""

    def describe(self) -> str:
        """The choice in words."""


@dataclass(frozen=True)
class BySparsity:
    """Drop exactly round(sparsity * groups): in every layer, or in one ranking over all layers ("global").

    Ties go to the earlier layer, then to the lower index. `round` is Python's: halves go to the even number.
    """

    sparsity: float
    scope: Scope = "layer"

    def __post_init__(self) -> None:
        check_amount("sparsity", self.sparsity, below=1)
        if self.scope not in ("layer", "global"):
            raise InputError(f"scope={self.scope!r} must be 'layer' or 'global'")

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""
        if self.scope == "global":
            return self._keep_together(layers)
        return [self._keep_together([layer])[0] for layer in layers]

    def _keep_together(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        groups = sum(layer.groups for layer in layers)
        return keep_largest([layer.scores for layer in layers], groups - round(self.sparsity * groups))

    def describe(self) -> str:
        """The choice in words."""
        if self.sparsity == 0:
            return "all kept"
        return f"{100 * self.sparsity:g} % dropped {'per layer' if self.scope == 'layer' else 'over all layers'}"


@dataclass(frozen=True)
class ByThreshold:
    """Drop every group whose score is at most `threshold`: w -> 0 if |w| <= lambda."""

    threshold: float
    sparsity = None

    def __post_init__(self) -> None:
        check_amount("threshold", self.threshold)

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""
        return [_above(layer.scores, self.threshold) for layer in layers]

    def describe(self) -> str:
        """The choice in words."""
        return f"dropped where the score is at most {self.threshold:g}"


@dataclass(frozen=True)
class BySigma:
    """Drop every group whose score is at most `s * sigma_l`, the standard deviation of the layer's dense weights.

    Of Gaussian weights, s = 0.5, 1, 1.5, 2 drops 38, 68, 87, 95 %.
    """

    s: float
    sparsity = None

    def __post_init__(self) -> None:
        check_amount("s", self.s)

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""
        return [_above(layer.scores, self.s * sigma(layer.dense)) for layer in layers]

    def describe(self) -> str:
        """The choice in words."""
        return f"dropped where the score is at most {self.s:g} standard deviations of the layer"


def sigma(weight: FloatArray) -> float:
    """Population standard deviation of a layer's weights in float64; 0 of an empty array."""
    return standard_deviation(weight.reshape(-1)) if weight.size else 0.0


def _above(scores: FloatArray, threshold: float) -> BoolArray:
    mask = np.empty(scores.size, dtype=np.bool_)
    mark_above(scores, float(threshold), mask)
    return mask
