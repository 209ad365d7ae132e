"""Single weights: unstructured, fine-grained pruning."""

from dataclasses import dataclass

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.pruning.criteria import Criterion
from sparsesim.pruning.patterns.tile_pattern import TilePattern


@dataclass(frozen=True)
class Element(TilePattern):
    """Every weight is its own group, in the natural order of the array."""

    def tile(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """One by one."""
        return 1, 1

    def describe(self) -> str:
        """What one group is, in words."""
        return "single weights"

    def scores(self, weight: FloatArray, criterion: Criterion) -> FloatArray:
        """The importances themselves, without a copy: every criterion of one weight is its importance."""
        return weight.reshape(-1)

    def expand(self, kept: BoolArray, shape: tuple[int, ...], threads: int = 1) -> BoolArray:
        """The flags in the shape of the weight."""
        return kept.reshape(shape)
