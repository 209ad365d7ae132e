"""One layer on its way through a selector: importances become candidates, flags of candidates become a mask."""

from dataclasses import dataclass

import numpy as np

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.pruning.criteria import Criterion
from sparsesim.pruning.matrix_view import within
from sparsesim.pruning.patterns.tile_pattern import TilePattern
from sparsesim.pruning.selectors.base import Candidates


@dataclass(frozen=True)
class RankedLayer:
    """The importance of every weight, the dense weight, and an earlier mask whose dropped weights stay dropped."""

    name: str
    pattern: TilePattern
    importance: FloatArray
    dense: FloatArray
    allowed: BoolArray | None

    def candidates(self, criterion: Criterion) -> Candidates:
        """The groups that may be kept; weights dropped earlier count as zero in their scores."""
        rows, columns = self.pattern.grid(self.importance.shape)
        scores = self.pattern.scores(within(self.importance, self.allowed), criterion)
        alive = None if self.allowed is None else self.pattern.alive(self.allowed)
        left = scores if alive is None else scores[alive]
        return Candidates(left, rows * columns, self.dense, self.name, columns, alive)

    def mask(self, kept: BoolArray) -> BoolArray:
        """The mask of the weight from one flag per candidate."""
        shape = self.importance.shape
        if self.allowed is None:
            return self.pattern.expand(kept, shape)
        alive = self.pattern.alive(self.allowed)
        flags = np.zeros(alive.size, dtype=np.bool_)
        flags[alive] = kept
        return self.pattern.expand(flags, shape) & self.allowed
