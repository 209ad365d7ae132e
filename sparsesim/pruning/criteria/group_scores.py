"""How important a group of weights is: one number per tile of a matrix, in float64.

A criterion is the importance of a single weight (see `importance`) and a way to sum it up over a group. For a single
weight of `magnitude`, `l1`, `l2`, ... that is |w|. `magnitude` ranks groups like `l1` but is fair between groups of
unequal size (edge tiles, layers of different shape). Criteria that look at more than the weight say what they need.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import FloatArray, IntArray
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.pruning.criteria.weight_scores import Importance, given, magnitude, random, taylor, wanda
from sparsesim.pruning.kernels import sum_tiles
from sparsesim.units import ceil_div

Needs: TypeAlias = Literal["input_norm", "gradient", "importance"]
HIGHEST_POWER = 16


@dataclass(frozen=True)
class Criterion:
    """A score of tiles: (sum of a**power) ** (1 / power) of the importances a, or their mean.

    `needs` names the array per layer that `importance` wants besides the weight, if any.
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


def _norm(power: float) -> Criterion:
    if not 0 < power <= HIGHEST_POWER:
        raise InputError(f"criterion l{power:g}: the power must be above 0 and at most {HIGHEST_POWER}")
    return Criterion(f"l{power:g}", f"norm of power {power:g} of the group", power)


def _random(seed: int) -> Criterion:
    draw = partial(random, seed=seed)
    return Criterion(f"random-{seed}", f"drawn at random, seed {seed}", mean=True, importance=draw)


CRITERIA = {
    criterion.name: criterion
    for criterion in (
        Criterion("magnitude", "mean |w| of the group", mean=True),
        Criterion("l1", "sum of |w| over the group"),
        Criterion("l2", "square root of the sum of w**2 over the group", 2.0),
        _norm(3.0),
        Criterion("random", "drawn at random", mean=True, importance=partial(random, seed=0)),
        Criterion("wanda", "sum of |w| x root mean square of its input", needs="input_norm", importance=wanda),
        Criterion("taylor", "sum of (w x gradient)**2", needs="gradient", importance=taylor),
        Criterion("importance", "sum of numbers that are given", needs="importance", importance=given),
    )
}


def criterion_by_name(name: str) -> Criterion:
    """The criterion of that name: one of CRITERIA, 'lP' for any power P ('l1.5'), or 'random-SEED'.

    Raises UnknownNameError, or InputError on a power out of range.
    """
    if name in CRITERIA:
        return CRITERIA[name]
    if match := re.fullmatch(r"l(\d{1,3}(?:\.\d{1,6})?)", name):
        return _norm(float(match.group(1)))
    if match := re.fullmatch(r"random-(\d{1,18})", name):
        return _random(int(match.group(1)))
    raise UnknownNameError("criterion", name, CRITERIA)
