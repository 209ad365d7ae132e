"""Tensors whose positions are known without storing them: dense, and seeded N:M."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from sparsesim.array_types import FloatArray
from sparsesim.errors import InputError
from sparsesim.tensors.canonical import check_csr_memory, check_dense_memory
from sparsesim.tensors.conversions import checked_shape, plain_array, real_values
from sparsesim.tensors.seeds import seeded
from sparsesim.tensors.sparse_matrix import SparseMatrix


class Tensor(Protocol):
    """What formats and accelerators need of an operand: its positions, and its values on demand."""

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""

    @property
    def nnz(self) -> int:
        """Number of non-zeros."""

    @property
    def density(self) -> float:
        """Non-zeros over size."""

    def to_sparse(self) -> SparseMatrix:
        """All non-zeros in CSR."""

    def to_array(self) -> FloatArray:
        """The dense 2-D array."""


@dataclass(frozen=True, eq=False)
class DenseMatrix:
    """A matrix in which every entry counts as a non-zero.

    Without `values`, `draw` makes them on demand, or else a normal distribution with `seed`, so that a large dense
    operand costs no memory until it is executed. `draw` must return the same values, none of them zero, every time.
    """

    shape: tuple[int, int]
    values: FloatArray | None = None
    seed: int = 0
    draw: Callable[[], FloatArray] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", checked_shape(self.shape))
        if self.values is not None:
            object.__setattr__(self, "values", real_values(plain_array(self.values)))
        if self.values is not None and self.values.shape != self.shape:
            raise InputError(f"values have shape {self.values.shape}, the matrix is {self.shape}")

    @property
    def nnz(self) -> int:
        """Every entry."""
        return self.shape[0] * self.shape[1]

    @property
    def density(self) -> float:
        """1, or 0 for an empty matrix."""
        return 1.0 if self.nnz else 0.0

    def to_array(self) -> FloatArray:
        """The values, drawn now if they were not given."""
        if self.values is not None:
            return self.values
        if self.draw is not None:
            return self.draw()
        check_dense_memory(self.shape, 4)
        return seeded(self.seed).standard_normal(self.shape, dtype=np.float32)

    def to_sparse(self) -> SparseMatrix:
        """Every position, as CSR; values only where they, or how to draw them, were given."""
        return self._sparse

    @cached_property
    def _sparse(self) -> SparseMatrix:
        rows, columns = self.shape
        check_csr_memory(self.shape, self.nnz)
        indptr = np.arange(rows + 1, dtype=np.int64) * columns
        indices = np.tile(np.arange(columns, dtype=np.int64), rows)
        known = self.values is not None or self.draw is not None
        return SparseMatrix(self.shape, indptr, indices, self.to_array().ravel() if known else None)


@dataclass(frozen=True, eq=False)
class DrawnMatrix:
    """A seeded random matrix that is drawn only when its positions are needed.

    `exact_nnz` is known beforehand (an N:M pattern keeps a fixed number in every group), and so is `group`, the
    (keep, of) rule that the draw obeys. A machine that needs nothing else never draws the matrix.
    """

    shape: tuple[int, int]
    exact_nnz: int
    group: tuple[int, int]
    draw: Callable[[], SparseMatrix] = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", checked_shape(self.shape))

    @property
    def nnz(self) -> int:
        """Number of non-zeros, known without drawing."""
        return self.exact_nnz

    @property
    def density(self) -> float:
        """Non-zeros over size."""
        size = self.shape[0] * self.shape[1]
        return self.nnz / size if size else 0.0

    @cached_property
    def _sparse(self) -> SparseMatrix:
        return self.draw()

    def to_sparse(self) -> SparseMatrix:
        """The drawn matrix."""
        return self._sparse

    def to_array(self) -> FloatArray:
        """The drawn matrix, dense."""
        return self._sparse.to_array()


def tensor_from_array(array: FloatArray) -> SparseMatrix | DenseMatrix:
    """A DenseMatrix if no entry is zero, else the SparseMatrix of its non-zeros; NaN is refused.

    Raises InputError too for values that are neither float32 nor float64 and that neither can hold.
    """
    array = real_values(plain_array(array))
    # Most sparse matrices have a zero in their first row, which spares a pass over all entries.
    if array.ndim == 2 and np.count_nonzero(array[:1]) == array[:1].size and np.count_nonzero(array) == array.size:
        if not np.isfinite(array).all():
            row, column = np.argwhere(~np.isfinite(array))[0]
            raise InputError(f"value {array[row, column]} at row {row}, column {column} is not finite")
        return DenseMatrix((array.shape[0], array.shape[1]), array)
    return SparseMatrix.from_dense(array)
