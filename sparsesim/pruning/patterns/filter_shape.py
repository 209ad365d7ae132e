"""Filter shapes: one position, kept in all filters or dropped from all of them."""

from dataclasses import dataclass
from typing import ClassVar

from sparsesim.pruning.patterns.tile_pattern import TilePattern


@dataclass(frozen=True)
class FilterShape(TilePattern):
    """All weights at one (kh, kw, c_in), a column of the lowered matrix; of a 2-D weight, an input.

    All filters keep the same shape, so that the product shrinks to a dense one with a shorter K (W. Wen et al.,
    Learning Structured Sparsity in Deep Neural Networks, NIPS 2016, shape-wise).
    """

    channels_last: ClassVar[bool] = True

    def tile(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """One whole column."""
        return max(1, shape[0]), 1

    def describe(self) -> str:
        """What one group is, in words."""
        return "filter shapes (columns of the lowered matrix)"
