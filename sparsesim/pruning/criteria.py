"""How important a group of weights is: one number per tile of a matrix, in float64.

For a single weight every criterion is |w|. For groups: `l1` and `l2` are the norms of the group, `magnitude` is its
mean |w|, which ranks like `l1` but is fair between groups of unequal size (edge tiles, layers of different shape).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import UnknownNameError
from sparsesim.pruning.kernels import sum_tiles
from sparsesim.pruning.types import FloatArray
from sparsesim.units import ceil_div


@dataclass(frozen=True)
class Criterion:
    """A score of tiles: the sum of |w|, or of w**2 when `squared`; then a mean or a root."""

    name: str
    description: str
    squared: bool = False
    mean: bool = False

    def scores(self, matrix: FloatArray, rows: int, cols: int) -> NDArray[np.float64]:
        """Scores `[ceil(R / rows), ceil(C / cols)]` of the rows x cols tiles of `matrix [R, C]`."""
        height, width = (ceil_div(size, step) for size, step in zip(matrix.shape, (rows, cols), strict=True))
        sums = np.zeros((height, width), dtype=np.float64)
        sum_tiles(matrix, rows, cols, self.squared, sums)
        if self.mean:
            sums /= np.outer(_lengths(matrix.shape[0], rows), _lengths(matrix.shape[1], cols))
        return np.sqrt(sums) if self.squared else sums


def _lengths(size: int, step: int) -> NDArray[np.int64]:
    """Lengths of the pieces when `size` is cut every `step`."""
    return np.minimum(step, size - np.arange(0, size, step))


CRITERIA = {
    criterion.name: criterion
    for criterion in (
        Criterion("magnitude", "mean |w| of the group", mean=True),
        Criterion("l1", "sum of |w| over the group"),
        Criterion("l2", "square root of the sum of w**2 over the group", squared=True),
    )
}


def criterion_by_name(name: str) -> Criterion:
    """The criterion of that name. Raises UnknownNameError."""
    if name not in CRITERIA:
        raise UnknownNameError("criterion", name, CRITERIA)
    return CRITERIA[name]
