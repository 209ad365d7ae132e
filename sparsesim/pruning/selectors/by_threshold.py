"""A fixed threshold, the same for all layers."""

from dataclasses import dataclass

from sparsesim.pruning.checks import check_amount
from sparsesim.pruning.selectors.base import Candidates
from sparsesim.pruning.selectors.threshold import ThresholdSelector


@dataclass(frozen=True)
class ByThreshold(ThresholdSelector):
    """Drop every group whose score is at most `threshold`."""

    threshold: float

    def __post_init__(self) -> None:
        check_amount("threshold", self.threshold)

    def threshold_of(self, layer: Candidates) -> float:
        """The same for every layer."""
        return self.threshold

    def describe(self) -> str:
        """The choice in words."""
        return f"dropped where the score is at most {self.threshold:g}"
