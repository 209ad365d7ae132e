"""`SparseMatrix`: the immutable canonical CSR matrix that every other module looks at."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sparsesim.array_types import BoolArray, FloatArray, IntArray
from sparsesim.errors import InputError
from sparsesim.tensors.canonical import check_csr_memory, check_dense_memory, csr_of_csr, csr_of_scipy, csr_of_triplets
from sparsesim.tensors.conversions import checked_shape, index_array, plain_array, real_values
from sparsesim.tensors.kernels import first_canonical_violation, pattern_of_rows, transposed_pattern, values_of_rows


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, eq=False)
class SparseMatrix:
    """A matrix in canonical CSR: sorted columns, no duplicates, no stored zeros, finite values.

    Attributes:
        shape: (rows, columns).
        indptr: int64[rows + 1], offsets of the rows.
        indices: int64[nnz], column of each non-zero, ascending within a row.
        values: float32 or float64 [nnz], or None where only the pattern is known.

    Build one with `from_dense`, `from_scipy`, `from_coo` or `from_csr`; those bring any input into
    canonical form. The arrays are read-only. Raises InputError for arrays that are not canonical or not finite.

    >>> import sparsesim as ss
    >>> matrix = ss.SparseMatrix.from_dense([[0, 2.5, 0], [1, 0, 0]])
    >>> matrix.nnz, matrix.indices.tolist(), matrix.values.tolist()
    (2, [1, 0], [2.5, 1.0])
    """

    shape: tuple[int, int]
    indptr: IntArray
    indices: IntArray
    values: FloatArray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", checked_shape(self.shape))
        for name in ("indptr", "indices"):
            positions = index_array(getattr(self, name), name)
            object.__setattr__(self, name, _frozen(np.ascontiguousarray(positions, dtype=np.int64)))
        if self.values is not None:
            object.__setattr__(self, "values", _frozen(real_values(plain_array(self.values))))
        self._check()

    def _check(self) -> None:
        rows, columns = self.shape
        if len(self.indptr) != rows + 1:
            raise InputError(f"indptr has {len(self.indptr)} entries, a matrix of {rows} rows needs {rows + 1}")
        if self.indptr[0] != 0 or self.indptr[-1] != len(self.indices):
            raise InputError(
                f"indptr runs from {self.indptr[0]} to {self.indptr[-1]}, not 0 to nnz {len(self.indices)}"
            )
        if self.values is not None and self.values.shape != self.indices.shape:
            raise InputError(f"{len(self.values)} values for {len(self.indices)} indices")
        row = first_canonical_violation(self.indptr, self.indices, columns)
        if row >= 0:
            raise InputError(f"row {row} is not canonical: columns must ascend strictly and lie in 0..{columns - 1}")
        self._check_values()

    def _check_values(self) -> None:
        if self.values is not None and not np.isfinite(self.values).all():
            position = int(np.flatnonzero(~np.isfinite(self.values))[0])
            raise InputError(
                f"value {self.values[position]} at row {self.row_of(position)}, column {self.indices[position]} "
                "is not finite"
            )

    @classmethod
    def from_dense(cls, array: ArrayLike, threads: int = 1) -> "SparseMatrix":
        """The non-zeros of a 2-D array; NaN and infinity are refused. The result does not depend on `threads`."""
        dense = _matrix(real_values(plain_array(array)))
        indptr, indices = pattern_of_rows(dense, threads)
        return cls._canonical(dense.shape, indptr, indices, values_of_rows(dense, indptr, indices, threads))

    @classmethod
    def from_mask(cls, mask: BoolArray, threads: int = 1) -> "SparseMatrix":
        """The pattern of the True entries of a 2-D mask, without values."""
        flags = _matrix(plain_array(mask).astype(np.bool_, copy=False))
        return cls._canonical(flags.shape, *pattern_of_rows(flags, threads))

    @classmethod
    def _canonical(
        cls, shape: tuple[int, ...], indptr: IntArray, indices: IntArray, values: FloatArray | None = None
    ) -> "SparseMatrix":
        """A matrix of arrays that a kernel wrote in canonical order: only the values are checked."""
        matrix = object.__new__(cls)
        fields = {"shape": (shape[0], shape[1]), "indptr": _frozen(indptr), "indices": _frozen(indices)}
        for name, field in (fields | {"values": None if values is None else _frozen(values)}).items():
            object.__setattr__(matrix, name, field)
        matrix._check_values()
        return matrix

    @classmethod
    def from_scipy(cls, matrix: Any) -> "SparseMatrix":
        """Any SciPy sparse matrix or array; duplicates are added, stored zeros dropped."""
        if not hasattr(matrix, "tocoo"):
            return cls.from_dense(matrix)
        return cls._canonical(*csr_of_scipy(matrix))

    @classmethod
    def from_coo(
        cls, shape: tuple[int, int], rows: ArrayLike, columns: ArrayLike, values: ArrayLike | None = None
    ) -> "SparseMatrix":
        """Triplets in any order. Duplicates are added, in a type that holds their sum; a pattern keeps one of them."""
        return cls._canonical(*csr_of_triplets(shape, rows, columns, values))

    @classmethod
    def from_csr(
        cls, shape: tuple[int, int], indptr: ArrayLike, indices: ArrayLike, values: ArrayLike | None = None
    ) -> "SparseMatrix":
        """CSR arrays that may be unsorted or hold duplicates or zeros."""
        return cls._canonical(*csr_of_csr(shape, indptr, indices, values))

    @property
    def nnz(self) -> int:
        """Number of non-zeros."""
        return len(self.indices)

    @property
    def density(self) -> float:
        """Non-zeros over size; 0 for an empty matrix."""
        size = self.shape[0] * self.shape[1]
        return self.nnz / size if size else 0.0

    @cached_property
    def row_lengths(self) -> IntArray:
        """int64[rows]: non-zeros per row."""
        return np.diff(self.indptr)

    @cached_property
    def group_violations(self) -> dict[tuple[int, int, int, int], tuple[int, int, int, int]]:
        """Answers of `tensors.patterns` by rule: the matrix never changes, and every format asks again."""
        return {}

    def row_of(self, position: int) -> int:
        """The row that holds non-zero number `position`."""
        return int(np.searchsorted(self.indptr, position, side="right") - 1)

    def value_array(self) -> FloatArray:
        """The values; a pattern counts as ones (float32)."""
        return np.ones(self.nnz, np.float32) if self.values is None else self.values

    def pattern(self) -> "SparseMatrix":
        """The same positions without values."""
        return SparseMatrix(self.shape, self.indptr, self.indices)

    def with_values(self, values: ArrayLike) -> "SparseMatrix":
        """The same positions with other values, which must not be zero."""
        data = real_values(plain_array(values))
        if not data.all():
            raise InputError("a canonical matrix stores no zeros; use from_csr to drop them")
        return SparseMatrix(self.shape, self.indptr, self.indices, data)

    @cached_property
    def transposed(self) -> "SparseMatrix":
        """The transpose, which is also this matrix in CSC."""
        check_csr_memory((self.shape[1], self.shape[0]), self.nnz)
        indptr, indices, order = transposed_pattern(self.shape[1], self.indptr, self.indices)
        values = None if self.values is None else self.values[order]
        return SparseMatrix((self.shape[1], self.shape[0]), indptr, indices, values)

    def to_scipy(self) -> Any:
        """A SciPy CSR array that owns its data; a pattern becomes ones."""
        arrays = (self.value_array().copy(), self.indices.copy(), self.indptr.copy())
        import scipy.sparse as sp

        return sp.csr_array(arrays, shape=self.shape)

    def to_array(self) -> FloatArray:
        """The dense 2-D array; a pattern becomes ones. Raises InputError if it needs more memory than allowed."""
        check_dense_memory(self.shape, 4 if self.values is None else self.values.itemsize)
        dense: FloatArray = self.to_scipy().toarray()
        return dense

    def to_sparse(self) -> "SparseMatrix":
        """Itself: every tensor can be seen as a SparseMatrix."""
        return self

    def equals(self, other: "SparseMatrix") -> bool:
        """Same shape, positions and values; a pattern equals only a pattern."""
        same = (
            self.shape == other.shape
            and np.array_equal(self.indptr, other.indptr)
            and np.array_equal(self.indices, other.indices)
        )
        if not same or (self.values is None) != (other.values is None):
            return False
        return self.values is None or np.array_equal(self.values, other.value_array())


def _matrix(array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim != 2:
        raise InputError(f"a matrix has 2 dimensions, this array has {array.ndim}")
    return np.ascontiguousarray(array)
