"""What a criterion is: the importance of every weight, and one score per group of weights.

For a single weight of `magnitude`, `l1`, `l2`, ... the importance is |w|. `magnitude` ranks groups like `l1` but is
fair between groups of unequal size (edge tiles, layers of different shape). Criteria that look at more than the weight
say what they need.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import FloatArray, IntArray
from sparsesim.pruning.kernels import sum_tiles
from sparsesim.units import ceil_div

Needs: TypeAlias = Literal["input_norm", "gradient", "importance"]
Data: TypeAlias = NDArray[Any] | None
Importance: TypeAlias = Callable[[FloatArray, Data, str], FloatArray]
"""From a weight, the data that the criterion needs and the name of the layer; of the shape of the weight."""


def magnitude(weight: FloatArray, data: Data, layer: str) -> FloatArray:
    """The weight itself: ranking is by absolute value, so it stands for its magnitude without a copy."""
    return weight


@dataclass(frozen=True)
class Criterion:
    """The importance of a single weight, and how the importances of a group add up.

    Attributes:
        name: as users write it.
        description: one line for a list of criteria.
        power: a group scores (sum of a**power) ** (1 / power) of its importances a.
        mean: divide that sum by the number of weights, so that groups cut off at an edge compare fairly.
        needs: the array per layer that `importance` looks at besides the weight, if any.
        importance: of every weight of a layer.
    """

    name: str
    description: str
    power: float = 1.0
    mean: bool = False
    needs: Needs | None = None
    importance: Importance = magnitude

    @property
    def weight_only(self) -> bool:
        """Whether the importance of a single weight is its magnitude."""
        return self.importance is magnitude

    @property
    def is_magnitude_sum(self) -> bool:
        """Whether the score of a group is the plain sum of |w|."""
        return self.weight_only and self.power == 1 and not self.mean

    def scores(self, matrix: FloatArray, rows: int, cols: int) -> NDArray[np.float64]:
        """Scores `[ceil(R / rows), ceil(C / cols)]` of the rows x cols tiles of importances `matrix [R, C]`."""
        height, width = (ceil_div(size, step) for size, step in zip(matrix.shape, (rows, cols), strict=True))
        sums = np.zeros((height, width), dtype=np.float64)
        if self.power not in (1, 2):
            return self._norms(matrix, rows, cols, sums)
        sum_tiles(matrix, rows, cols, self.power == 2, sums)
        if self.mean:
            sums /= np.outer(_lengths(matrix.shape[0], rows), _lengths(matrix.shape[1], cols))
        return np.sqrt(sums) if self.power == 2 else sums

    def _norms(self, matrix: FloatArray, rows: int, cols: int, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """Norms of any power, with the largest importance near 1 so that its power is a number that exists."""
        sizes = np.abs(matrix, dtype=np.float64)
        scale = float(np.ldexp(1.0, int(np.frexp(sizes.max(initial=0.0))[1])))
        sum_tiles((sizes / scale) ** self.power, rows, cols, False, sums)
        norms: NDArray[np.float64] = sums ** (1 / self.power) * scale
        return norms


def _lengths(size: int, step: int) -> IntArray:
    """Lengths of the pieces when `size` is cut every `step`."""
    return np.minimum(step, size - np.arange(0, size, step))
