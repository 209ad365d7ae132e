"""What all patterns share that keep or drop whole groups: every group is a tile of a 2-D view of the weight.

The view is either the lowered matrix `[c_out, K]` (channels last along K) or the array as it is stored,
`[c_out, c_in * kh * kw]`. A pattern says which, and the size of a tile; scores and masks follow from that.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim._jit import over_rows
from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.pruning.criteria import L1, Criterion
from sparsesim.pruning.kernels import spread_tiles, sum_tiles
from sparsesim.pruning.matrix_view import from_matrix, matrix_shape, slabs, to_matrix
from sparsesim.units import ceil_div


@dataclass(frozen=True)
class TilePattern(ABC):
    """Groups of weights that are kept or dropped together."""

    channels_last: ClassVar[bool] = False
    """Whether tiles lie on the lowered matrix; else columns run (c_in, kh, kw), as the array does."""

    @abstractmethod
    def tile(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Rows and columns of one group on the 2-D view of a weight of `shape`; both at least 1."""

    @abstractmethod
    def describe(self) -> str:
        """What one group is, in words."""

    def grid(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Rows and columns of groups in a weight of `shape`; a row of groups belongs to the same outputs."""
        (height, width), (rows, cols) = matrix_shape(shape), self.tile(shape)
        return ceil_div(height, rows), ceil_div(width, cols)

    def group_count(self, shape: tuple[int, ...]) -> int:
        """Number of groups in a weight of `shape`."""
        height, width = self.grid(shape)
        return height * width

    def scores(self, weight: FloatArray, criterion: Criterion) -> FloatArray:
        """One score per group, 1-D, in row order of the tiles; groups rank by its absolute value.

        `weight` stands for the importance of every single weight.
        """
        return criterion.scores(self._view(weight), *self.tile(weight.shape)).reshape(-1)

    def sums(self, weight: FloatArray, threads: int = 1) -> FloatArray:
        """Sum of |w| over each group, 1-D float64: the scores of the criterion "l1", without a copy of the weight."""
        (height, width), (rows, cols) = matrix_shape(weight.shape), self.tile(weight.shape)
        sums = np.empty(self.grid(weight.shape))

        def run(first: int, stop: int) -> None:
            for part in self._slabs(weight.shape, rows, first, stop):
                sum_tiles(self._view(weight[part]), rows, cols, False, sums[part.start // rows :])

        over_rows(run, height, threads, width, rows)
        return sums.reshape(-1)

    def expand(self, kept: BoolArray, shape: tuple[int, ...], threads: int = 1) -> BoolArray:
        """The mask of `shape` in which every weight has the flag of its group in `kept [groups]`."""
        (height, width), (rows, cols) = matrix_shape(shape), self.tile(shape)
        flags = kept.reshape(self.grid(shape))
        mask = np.empty(shape, dtype=np.bool_)
        reordered = self.channels_last and len(shape) > 2

        def run(first: int, stop: int) -> None:
            for part in self._slabs(shape, rows, first, stop):
                if reordered:
                    matrix = np.empty((part.stop - part.start, width), np.bool_)
                else:
                    matrix = mask.reshape(height, width)[part]  # a view: the flags are written in place
                spread_tiles(flags[part.start // rows :], rows, cols, matrix)
                if reordered:
                    mask[part] = from_matrix(matrix, mask[part].shape)

        over_rows(run, height, threads, width, rows)
        return mask

    def alive(self, flags: BoolArray) -> BoolArray:
        """One flag per group: whether any of its weights is flagged."""
        return self.scores(flags.astype(np.float32), L1) > 0

    def tail_note(self, shape: tuple[int, ...]) -> str:
        """A sentence on groups cut off by the edge, or an empty text."""
        cut = [size % step for size, step in zip(matrix_shape(shape), self.tile(shape), strict=True)]
        return f"groups at the edge are cut off ({cut[0]} rows, {cut[1]} columns left over)" if any(cut) else ""

    def _view(self, weight: FloatArray) -> FloatArray:
        return to_matrix(weight) if self.channels_last else weight.reshape(matrix_shape(weight.shape))

    def _slabs(self, shape: tuple[int, ...], rows: int, first: int, stop: int) -> Iterator[slice]:
        """All rows at once; where reordering makes a copy, a few rows of whole tiles at a time."""
        if self.channels_last and len(shape) > 2:
            return slabs(shape, first, stop, rows)
        return iter([slice(first, stop)])
