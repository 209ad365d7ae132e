"""What the patterns share that fix by themselves how many weights stay, such as N:M."""

from abc import ABC, abstractmethod

import numpy as np

from sparsesim._jit import over_rows
from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.pruning.kernels import mark_n_of_m
from sparsesim.pruning.patterns.matrix_view import lift, lower, slabs


class FixedPattern(ABC):
    """A pattern whose masks all have the same number of weights in groups of the same size."""

    @property
    @abstractmethod
    def sparsity(self) -> float:
        """Sparsity of whole groups, those without a tail."""

    @abstractmethod
    def describe(self) -> str:
        """The pattern in words."""

    @abstractmethod
    def tail_note(self, shape: tuple[int, ...]) -> str:
        """A sentence on the last, shorter group of every row, or an empty text."""

    @abstractmethod
    def mask(self, weight: FloatArray, allowed: BoolArray | None = None) -> BoolArray:
        """Mask of the weights that stay; ties go to the lower index.

        `weight` holds the importance of every weight (its absolute value counts), contiguous and finite. Weights
        outside `allowed` (same shape) are never kept.
        """


class LoweredPattern(FixedPattern):
    """A pattern of the lowered matrix [c_out, K] whose rows all keep the same number of weights in every group."""

    @abstractmethod
    def _matrix_mask(self, matrix: FloatArray, allowed: BoolArray | None) -> BoolArray:
        """The mask of the lowered matrix; what lies outside `allowed` ranks last, and may be marked all the same."""

    def mask(self, weight: FloatArray, allowed: BoolArray | None = None) -> BoolArray:
        """Mask of the weights that stay; ties go to the lower index along K."""
        if allowed is None:
            return lift(self._matrix_mask(lower(weight), None), weight.shape)
        return lift(self._matrix_mask(lower(weight), lower(allowed)), weight.shape) & allowed


def largest(scores: FloatArray, keep: int, of: int, allowed: BoolArray | None = None) -> BoolArray:
    """Mask [rows, n] of the `keep` largest |scores| of every `of` along each row; a tail of r keeps ceil(r keep / of).

    Scores outside `allowed` rank below all others.
    """
    mask = np.empty(scores.shape, dtype=np.bool_)
    mark_n_of_m(scores if allowed is None else _keys(scores, allowed), keep, of, mask)
    return mask


def largest_of_rows(weight: FloatArray, keep: int, of: int, threads: int = 1) -> tuple[BoolArray, bool]:
    """The mask of `largest` for a contiguous weight `[out, in]` or `[c_out, c_in, kh, kw]`, groups along K.

    Also tells whether all weights are surely finite: else look for those that are not. Convolutions are lowered some
    filters at a time, so that no second weight is ever in memory. The mask does not depend on `threads`.
    """
    mask = np.empty(weight.shape, dtype=np.bool_)

    def run(first: int, stop: int) -> bool:
        if weight.ndim == 2:
            return mark_n_of_m(weight[first:stop], keep, of, mask[first:stop])
        finite = True
        for part in slabs(weight.shape, first, stop):
            matrix = lower(weight[part])
            marked = np.empty(matrix.shape, dtype=np.bool_)
            finite &= mark_n_of_m(matrix, keep, of, marked)
            mask[part] = lift(marked, weight[part].shape)
        return finite

    return mask, all(over_rows(run, weight.shape[0], threads, weight[:1].size))


def _keys(scores: FloatArray, allowed: BoolArray) -> FloatArray:
    """Integers that rank like |score| where allowed and below everything else elsewhere."""
    integer = np.dtype(f"i{scores.itemsize}")
    sizes = scores.view(integer) & np.iinfo(integer).max
    return np.where(allowed, sizes + 1, 0)


def allowed_part(weight: FloatArray, allowed: BoolArray | None) -> FloatArray:
    """The weight with zeros outside `allowed`."""
    return weight if allowed is None else np.where(allowed, weight, weight.dtype.type(0))
