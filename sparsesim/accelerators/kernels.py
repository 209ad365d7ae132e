"""Jitted loops shared by several accelerators."""

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import FloatArray, IntArray


@kernel
def product_nnz(columns: int, a_indptr: IntArray, a_indices: IntArray, b_indptr: IntArray, b_indices: IntArray) -> int:
    """Positions of C = A @ B that receive at least one product (before any cancellation)."""
    # Stamped with the row that last reached the column, so nothing has to be cleared between rows.
    seen = np.full(columns, -1, np.int64)
    nnz = 0
    for i in range(len(a_indptr) - 1):
        for p in range(a_indptr[i], a_indptr[i + 1]):
            k = a_indices[p]
            for q in range(b_indptr[k], b_indptr[k + 1]):
                j = b_indices[q]
                if seen[j] != i:
                    seen[j] = i
                    nnz += 1
    return nnz


@kernel
def select_and_accumulate(positions: IntArray, values: FloatArray, b: FloatArray, out: NDArray[np.float64]) -> None:
    """out[i] += values[i, s] * b[positions[i, s]]: operand selection by metadata, one kept value at a time.

    positions: int64[rows, slots]; unused slots hold the value 0 and may point past the last row of `b`.
    """
    rows, slots = positions.shape
    for i in range(rows):
        for s in range(slots):
            value = values[i, s]
            k = positions[i, s]
            if value != 0 and k < b.shape[0]:
                for j in range(b.shape[1]):
                    out[i, j] += value * b[k, j]
