"""`SparseMatrix`: the immutable canonical CSR matrix that every other module looks at."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sparsesim.array_types import BoolArray, FloatArray, IntArray
from sparsesim.errors import InputError
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
        for name in ("indptr", "indices"):
            object.__setattr__(self, name, _frozen(np.ascontiguousarray(getattr(self, name), dtype=np.int64)))
        if self.values is not None:
            object.__setattr__(self, "values", _frozen(_float_values(self.values)))
        self._check()

    def _check(self) -> None:
        rows, columns = self.shape
        if rows < 0 or columns < 0:
            raise InputError(f"shape {self.shape} has a negative side")
        if len(self.indptr) != rows + 1:
            raise InputError(f"indptr has {len(self.indptr)} entries, a matrix of {rows} rows needs {rows + 1}")
        if self.indptr[0] != 0 or self.indptr[-1] != len(self.indices):
            raise InputError(
                f"indptr runs from {self.indptr[0]} to {self.indptr[-1]}, not 0 to nnz {len(self.indices)}"
            )
        if self.values is not None and len(self.values) != len(self.indices):
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
        dense = _matrix(_float_values(np.asarray(array)))
        indptr, indices = pattern_of_rows(dense, threads)
        return cls._canonical(dense.shape, indptr, indices, values_of_rows(dense, indptr, indices, threads))

    @classmethod
    def from_mask(cls, mask: BoolArray, threads: int = 1) -> "SparseMatrix":
        """The pattern of the True entries of a 2-D mask, without values."""
        flags = _matrix(np.asarray(mask, dtype=np.bool_))
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
        import scipy.sparse as sp  # a tenth of a second that products of dense and drawn operands do not need

        csr = sp.csr_array(matrix, copy=True)
        if csr.dtype.kind not in "fiub":
            raise InputError(f"values of type {csr.dtype} cannot be used; real numbers are needed")
        csr.data = _float_values(csr.data)
        csr.sum_duplicates()
        csr.eliminate_zeros()
        indptr, indices = csr.indptr.astype(np.int64), csr.indices.astype(np.int64)
        return cls((int(csr.shape[0]), int(csr.shape[1])), indptr, indices, csr.data)

    @classmethod
    def from_coo(
        cls, shape: tuple[int, int], rows: ArrayLike, columns: ArrayLike, values: ArrayLike | None = None
    ) -> "SparseMatrix":
        """Triplets in any order. Duplicates are added; a pattern keeps one of them."""
        row_array, column_array = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
        for side, name, positions in ((shape[0], "row", row_array), (shape[1], "column", column_array)):
            if positions.size and not 0 <= positions.min() <= positions.max() < side:
                bad = positions[(positions < 0) | (positions >= side)][0]
                raise InputError(f"{name} {bad} lies outside a {shape[0]} x {shape[1]} matrix")
        data = np.ones(row_array.size, np.float32) if values is None else _float_values(np.asarray(values))
        if data.size != row_array.size or column_array.size != row_array.size:
            raise InputError(f"{row_array.size} rows, {column_array.size} columns, {data.size} values")
        import scipy.sparse as sp

        matrix = cls.from_scipy(sp.coo_array((data, (row_array, column_array)), shape=shape))
        return matrix.pattern() if values is None else matrix

    @classmethod
    def from_csr(
        cls, shape: tuple[int, int], indptr: ArrayLike, indices: ArrayLike, values: ArrayLike | None = None
    ) -> "SparseMatrix":
        """CSR arrays that may be unsorted or hold duplicates or zeros."""
        offsets = np.asarray(indptr, dtype=np.int64)
        if len(offsets) != shape[0] + 1 or (np.diff(offsets) < 0).any() or offsets[0] != 0:
            raise InputError(f"indptr must hold {shape[0] + 1} ascending offsets that start at 0")
        columns = np.asarray(indices, dtype=np.int64)
        if offsets[-1] != columns.size:
            raise InputError(f"indptr ends at {offsets[-1]}, there are {columns.size} indices")
        rows = np.repeat(np.arange(shape[0], dtype=np.int64), np.diff(offsets))
        return cls.from_coo(shape, rows, columns, values)

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
        data = _float_values(np.asarray(values))
        if not data.all():
            raise InputError("a canonical matrix stores no zeros; use from_csr to drop them")
        return SparseMatrix(self.shape, self.indptr, self.indices, data)

    @cached_property
    def transposed(self) -> "SparseMatrix":
        """The transpose, which is also this matrix in CSC."""
        indptr, indices, order = transposed_pattern(self.shape[1], self.indptr, self.indices)
        values = None if self.values is None else self.values[order]
        return SparseMatrix((self.shape[1], self.shape[0]), indptr, indices, values)

    def to_scipy(self) -> Any:
        """A SciPy CSR array that owns its data; a pattern becomes ones."""
        arrays = (self.value_array().copy(), self.indices.copy(), self.indptr.copy())
        import scipy.sparse as sp

        return sp.csr_array(arrays, shape=self.shape)

    def to_array(self) -> FloatArray:
        """The dense 2-D array; a pattern becomes ones."""
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


def _float_values(array: NDArray[Any]) -> FloatArray:
    """Float64 stays, every other real type becomes float32 or (wide integers) float64."""
    if array.dtype in (np.dtype(np.float32), np.dtype(np.float64)):
        return array
    if array.dtype.kind not in "fiub":
        raise InputError(f"values of type {array.dtype} cannot be used; real numbers are needed")
    wide = array.dtype.kind in "iu" and array.dtype.itemsize > 2
    return array.astype(np.float64 if wide else np.float32)


def _matrix(array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim != 2:
        raise InputError(f"a matrix has 2 dimensions, this array has {array.ndim}")
    return np.ascontiguousarray(array)
