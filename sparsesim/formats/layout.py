"""Where the non-zeros of a matrix lie in flat storage."""

from typing import Final

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.limits import check_memory
from sparsesim.tensors import SparseMatrix

_SLOT_BYTES: Final = 16
"""A code of 8 bytes, and what it is packed to."""


def row_numbers(matrix: SparseMatrix) -> IntArray:
    """int64[nnz]: the row of each non-zero."""
    return lines_of(matrix.indptr)


def lines_of(pointers: IntArray) -> IntArray:
    """The line (row, column or block row) of each item, from the offsets of the lines."""
    return np.repeat(np.arange(len(pointers) - 1, dtype=np.int64), np.diff(pointers))


def flat_positions(matrix: SparseMatrix) -> IntArray:
    """int64[nnz]: row-major position of each non-zero."""
    return row_numbers(matrix) * matrix.shape[1] + matrix.indices


def places_in_row(matrix: SparseMatrix) -> IntArray:
    """int64[nnz]: how many non-zeros stand before each one in its row."""
    return np.arange(matrix.nnz, dtype=np.int64) - matrix.indptr[row_numbers(matrix)]


def scattered(codes: IntArray, slots: IntArray, count: int) -> IntArray:
    """`count` slots with the codes in theirs and zeros elsewhere; InputError if that takes too much memory."""
    check_memory(f"storage of {count} values", _SLOT_BYTES * count)
    storage = np.zeros(count, np.int64)
    storage[slots] = codes
    return storage
