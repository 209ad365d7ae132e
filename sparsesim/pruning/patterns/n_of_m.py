"""Masks of the N largest magnitudes of every M along the rows of a matrix."""

import numpy as np

from sparsesim._jit import over_rows
from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.pruning.matrix_view import from_matrix, slabs, to_matrix
from sparsesim.pruning.patterns.n_of_m_kernels import mark_n_of_m


def n_of_m_mask(scores: FloatArray, keep: int, of: int, allowed: BoolArray | None = None) -> BoolArray:
    """Mask [rows, n] of the `keep` largest |scores| of every `of` along each row; a tail of r keeps ceil(r keep / of).

    Scores outside `allowed` rank below all others.
    """
    mask = np.empty(scores.shape, dtype=np.bool_)
    mark_n_of_m(scores if allowed is None else _ranks(scores, allowed), keep, of, mask)
    return mask


def n_of_m_mask_unchecked(weight: FloatArray, keep: int, of: int, threads: int = 1) -> tuple[BoolArray, bool]:
    """The mask of `n_of_m_mask` for a contiguous weight `[out, in]` or `[c_out, c_in, kh, kw]`, groups along K.

    Also tells whether all weights are surely finite; if not, look for those that are not. Convolutions are brought
    into matrix form a few filters at a time, so that no second copy of the weight is ever in memory. The mask does not
    depend on `threads`.
    """
    mask = np.empty(weight.shape, dtype=np.bool_)

    def run(first: int, stop: int) -> bool:
        if weight.ndim == 2:
            return mark_n_of_m(weight[first:stop], keep, of, mask[first:stop])
        finite = True
        for part in slabs(weight.shape, first, stop):
            matrix = to_matrix(weight[part])
            marked = np.empty(matrix.shape, dtype=np.bool_)
            finite &= mark_n_of_m(matrix, keep, of, marked)
            mask[part] = from_matrix(marked, weight[part].shape)
        return finite

    return mask, all(over_rows(run, weight.shape[0], threads, weight[:1].size))


def _ranks(scores: FloatArray, allowed: BoolArray) -> FloatArray:
    """Integers that rank like |score| where allowed and below everything else elsewhere."""
    # The bits of a float without its sign, read as an integer, rank like its magnitude. Adding 1 makes room for a 0
    # below the zeros that are allowed; it cannot overflow: even infinity is below the largest integer.
    integer = np.dtype(f"i{scores.itemsize}")
    sizes = scores.view(integer) & np.iinfo(integer).max
    return np.where(allowed, sizes + 1, 0)
