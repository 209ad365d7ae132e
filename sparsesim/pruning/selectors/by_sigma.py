"""A threshold for every layer, in standard deviations of its weights."""

from dataclasses import dataclass

from sparsesim.array_types import FloatArray
from sparsesim.pruning.checks import check_amount
from sparsesim.pruning.selectors.base import Candidates
from sparsesim.pruning.selectors.kernels import standard_deviation
from sparsesim.pruning.selectors.threshold import ThresholdSelector


@dataclass(frozen=True)
class BySigma(ThresholdSelector):
    """Drop every group whose score is at most `s` standard deviations of the layer's weights before any pruning.

    Of Gaussian weights, s = 0.5, 1, 1.5, 2 drops 38, 68, 87, 95 %.
    """

    s: float

    def __post_init__(self) -> None:
        check_amount("s", self.s)

    def threshold_of(self, layer: Candidates) -> float:
        """`s` times the deviation of the dense weight."""
        return self.s * sigma(layer.dense)

    def describe(self) -> str:
        """The choice in words."""
        return f"dropped where the score is at most {self.s:g} standard deviations of the layer"


def sigma(weight: FloatArray) -> float:
    """Population standard deviation of a layer's weights in float64; 0 of an empty array."""
    return standard_deviation(weight.reshape(-1)) if weight.size else 0.0
