"""One layer while its groups are ranked: scores on the way in, a mask on the way out."""

from dataclasses import dataclass

import numpy as np

from sparsesim.pruning.criteria import Criterion
from sparsesim.pruning.selectors import Candidates
from sparsesim.pruning.tiles import TilePattern
from sparsesim.pruning.types import BoolArray, FloatArray


@dataclass(frozen=True)
class RankedLayer:
    """A checked weight, the same before any pruning, and an earlier mask whose dropped weights stay dropped."""

    pattern: TilePattern
    weight: FloatArray
    dense: FloatArray
    allowed: BoolArray | None

    def candidates(self, criterion: Criterion) -> Candidates:
        """The groups that may be kept; weights dropped earlier count as zero in their scores."""
        groups = self.pattern.group_count(self.weight.shape)
        if self.allowed is None:
            return Candidates(self.pattern.scores(self.weight, criterion), groups, self.dense)
        alive = self.pattern.alive(self.allowed)
        left = np.where(self.allowed, self.weight, self.weight.dtype.type(0))
        return Candidates(self.pattern.scores(left, criterion)[alive], groups, self.dense)

    def mask(self, kept: BoolArray) -> BoolArray:
        """The mask of the weight from one flag per candidate."""
        if self.allowed is None:
            return self.pattern.expand(kept, self.weight.shape)
        alive = self.pattern.alive(self.allowed)
        flags = np.zeros(alive.size, dtype=np.bool_)
        flags[alive] = kept
        return self.pattern.expand(flags, self.weight.shape) & self.allowed
