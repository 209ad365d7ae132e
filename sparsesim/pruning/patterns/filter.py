"""Filters: all weights that produce one channel of the output."""

from dataclasses import dataclass

from sparsesim.pruning.matrix_view import matrix_shape
from sparsesim.pruning.patterns.tile_pattern import TilePattern


@dataclass(frozen=True)
class Filter(TilePattern):
    """All weights of one output channel; of a 2-D weight, a row."""

    def tile(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """One whole row."""
        return 1, max(1, matrix_shape(shape)[1])

    def describe(self) -> str:
        """What one group is, in words."""
        return "filters (output channels)"
