"""Weights as the matrix `[c_out, K]` that a matrix unit multiplies with, and back.

The K axis of a convolution runs (kh, kw, c_in), channels last, as implicit GEMM does. Two-dimensional weights
`[out, in]` are that matrix already.
"""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

SLAB = 1 << 17  # elements that are reordered at a time: they and their copy stay in the cache
Scalar = TypeVar("Scalar", bound=np.generic)


def to_matrix(weight: NDArray[Scalar]) -> NDArray[Scalar]:
    """`weight` ([out, in] or [c_out, c_in, kh, kw]) as a contiguous `[c_out, K]` matrix; copied only if needed."""
    if weight.ndim == 2:
        return np.ascontiguousarray(weight)
    c_out, c_in, kh, kw = weight.shape
    return np.ascontiguousarray(weight.transpose(0, 2, 3, 1)).reshape(c_out, kh * kw * c_in)


def from_matrix(matrix: NDArray[Scalar], shape: tuple[int, ...]) -> NDArray[Scalar]:
    """The inverse of `to_matrix`: a `[c_out, K]` matrix as an array of `shape`."""
    if len(shape) == 2:
        return matrix
    c_out, c_in, kh, kw = shape
    return np.ascontiguousarray(matrix.reshape(c_out, kh, kw, c_in).transpose(0, 3, 1, 2))


def matrix_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """(c_out, K) of a weight of `shape`."""
    return shape[0], int(np.prod(shape[1:], dtype=np.int64))


def kernel_area(shape: tuple[int, ...]) -> int:
    """Number of positions kh * kw of a convolution, 1 of a 2-D weight."""
    return int(np.prod(shape[2:], dtype=np.int64))


def slabs(shape: tuple[int, ...], first: int, stop: int, step: int = 1) -> Iterator[slice]:
    """Slices that cut rows first..stop-1 of an array of `shape` into parts of about SLAB elements.

    Every slice but the last is a multiple of `step` rows.
    """
    row_size = max(1, int(np.prod(shape[1:], dtype=np.int64)))
    rows = max(1, SLAB // (row_size * step)) * step
    for start in range(first, stop, rows):
        yield slice(start, min(start + rows, stop))


def within(weight: NDArray[Scalar], allowed: NDArray[np.bool_] | None) -> NDArray[Scalar]:
    """The weight with zeros outside an earlier mask, or itself where there is none."""
    return weight if allowed is None else np.where(allowed, weight, weight.dtype.type(0))
