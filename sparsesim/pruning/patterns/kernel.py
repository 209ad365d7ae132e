"""Kernels: the kh x kw slice that joins one input channel to one output channel."""

from dataclasses import dataclass

from sparsesim.pruning.matrix_view import kernel_area
from sparsesim.pruning.patterns.tile_pattern import TilePattern


@dataclass(frozen=True)
class Kernel(TilePattern):
    """All weights of one (c_out, c_in); of a 2-D weight, single weights."""

    def tile(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """One run of kh * kw in natural order."""
        return 1, max(1, kernel_area(shape))

    def describe(self) -> str:
        """What one group is, in words."""
        return "kh x kw kernels"
