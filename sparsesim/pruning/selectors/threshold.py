"""What selectors share that drop everything up to a threshold."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from sparsesim.array_types import BoolArray
from sparsesim.pruning.selectors.base import Candidates
from sparsesim.pruning.selectors.kernels import mark_above


class ThresholdSelector(ABC):
    """Drops every group whose score is at most a threshold; how many go is known only afterwards."""

    sparsity = None
    per_layer = True

    @abstractmethod
    def threshold_of(self, layer: Candidates) -> float:
        """The highest score of a layer that is dropped."""

    @abstractmethod
    def describe(self) -> str:
        """The choice in words."""

    def keep(self, layers: Sequence[Candidates]) -> list[BoolArray]:
        """One flag per candidate of every layer; True stays."""
        masks = [np.empty(layer.scores.size, dtype=np.bool_) for layer in layers]
        for layer, mask in zip(layers, masks, strict=True):
            mark_above(layer.scores, float(self.threshold_of(layer)), mask)
        return masks

    def requested(self, layers: Sequence[Candidates]) -> list[float | None]:
        """Unknown beforehand."""
        return [None] * len(layers)
