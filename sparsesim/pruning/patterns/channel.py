"""Input channels: all weights that read one channel of the input."""

from dataclasses import dataclass

from sparsesim.pruning.matrix_view import kernel_area
from sparsesim.pruning.patterns.tile_pattern import TilePattern


@dataclass(frozen=True)
class Channel(TilePattern):
    """All weights of one input channel; of a 2-D weight, a column."""

    def tile(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Every row, and the kh * kw columns of one channel in natural order."""
        return max(1, shape[0]), max(1, kernel_area(shape))

    def describe(self) -> str:
        """What one group is, in words."""
        return "input channels"
