"""`MatmulOp`: the one operation that accelerators run, C[M,N] = A[M,K] @ B[K,N], on its own or in groups."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from operator import add
from typing import Any

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.dtypes import DType, dtype_by_name
from sparsesim.errors import InputError
from sparsesim.formats import Format, FormatSize, format_by_name
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor, as_tensor, tensor_from_array


@dataclass(frozen=True, eq=False)
class Operand:
    """One operand as stored in DRAM.

    Attributes:
        tensor: positions and values.
        format: storage format.
        dtype: number type of the stored values.
        distinct: for the im2col view of a feature map, the number of elements of the map itself; an
            implicit GEMM reads those from DRAM rather than their copies. None for an ordinary matrix.
        stored: the tensor in DRAM if that is not `tensor` itself (the groups of a block-diagonal matrix).
        padding: what DRAM holds of one of several groups beyond what the group would take if it were stored alone, as
            where the longest row of all groups decides how long all rows are.
    """

    tensor: Tensor
    format: Format
    dtype: DType
    distinct: int | None = None
    stored: Tensor | None = None
    padding: FormatSize | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.tensor.shape

    @cached_property
    def size(self) -> FormatSize:
        """Exact stored size; PatternError if the format cannot hold the tensor."""
        own = self.format.size(self.tensor if self.stored is None else self.stored, self.dtype)
        return own if self.padding is None else FormatSize(*map(add, astuple(own), astuple(self.padding)))

    @cached_property
    def dram_bytes(self) -> int:
        """Bytes read from DRAM in one pass over the operand.

        An im2col view counts as the feature map behind it: every element once.
        """
        if self.distinct is None:
            return self.size.size_bytes
        elements = self.shape[0] * self.shape[1]
        return -(-self.size.size_bytes * min(self.distinct, elements) // elements) if elements else 0


@dataclass(frozen=True, eq=False)
class Kept:
    """What a layer's operation was before its empty rows and columns were left out.

    Attributes:
        whole: the operation with all rows and columns.
        a_rows: int64, the rows of its A (and of its C) that are left, in order.
        b_rows: int64, the rows of its B that are left, in order.
    """

    whole: "MatmulOp"
    a_rows: IntArray
    b_rows: IntArray


@dataclass(frozen=True, eq=False)
class MatmulOp:
    """C[M,N] = A[M,K] @ B[K,N] in each of `groups`; A holds the weights, B the activations.

    Raises InputError for shapes that do not fit, and for `repeat` or `groups` below 1.

    Attributes:
        name: layer name, shown in results.
        a: operand A[groups * M, K], groups stacked by rows.
        b: operand B[groups * K, N], groups stacked by rows.
        c_dtype: number type in which the product is written back.
        repeat: how many times the same multiplication runs in sequence (time steps).
        groups: independent products of equal size that are launched together (heads, groups of channels).
        channels: for a layer with weights, the input channels of one group, along which K runs last; 0 for any other
            product. Only a layer may lose rows and columns, see `lowering.without_empty`.
        kept: for a layer that lost some, what it was before.
    """

    name: str
    a: Operand
    b: Operand
    c_dtype: DType
    repeat: int = 1
    groups: int = 1
    channels: int = 0
    kept: Kept | None = None

    def __post_init__(self) -> None:
        if self.repeat < 1 or self.groups < 1:
            raise InputError(f"{self.name}: repeat is {self.repeat}, groups is {self.groups}; both must be at least 1")
        if self.a.shape[0] % self.groups:
            raise InputError(f"{self.name}: {self.groups} groups do not divide the {self.a.shape[0]} rows of A")
        if self.groups * self.a.shape[1] != self.b.shape[0]:
            grouped = f" in each of {self.groups} groups" if self.groups > 1 else ""
            raise InputError(
                f"{self.name}: A is {self.a.shape[0]} x {self.a.shape[1]} and B is {self.b.shape[0]} x "
                f"{self.b.shape[1]}; the columns of A must equal the rows of B{grouped}"
            )

    @property
    def m(self) -> int:
        """Rows of A and C in one group."""
        return self.a.shape[0] // self.groups

    @property
    def k(self) -> int:
        """Columns of A, and rows of B in one group."""
        return self.a.shape[1]

    @property
    def n(self) -> int:
        """Columns of B and C."""
        return self.b.shape[1]

    @property
    def whole(self) -> "MatmulOp":
        """The operation with all rows and columns of A, as the layer stands in its network."""
        return self if self.kept is None else self.kept.whole

    @property
    def empty_rows(self) -> int:
        """Rows of A without a non-zero that were left out, all groups."""
        return self.whole.a.shape[0] - self.a.shape[0]

    @property
    def empty_columns(self) -> int:
        """Columns of A without a non-zero that were left out with their rows of B, all groups."""
        return self.whole.b.shape[0] - self.b.shape[0]

    @property
    def dense_macs(self) -> int:
        """Multiplications of the dense product, all groups, one repetition."""
        return self.groups * self.m * self.n * self.k

    @property
    def c_elements(self) -> int:
        """Elements of C, all groups."""
        return self.groups * self.m * self.n

    @cached_property
    def effectual_macs(self) -> int:
        """Multiplications of two non-zeros, one repetition: sum over k of nnz(A[:,k]) x nnz(B[k,:])."""
        return effectual_macs(self.a.tensor, self.b.tensor, self.groups)

    def block_diagonal(self, with_values: bool = False) -> "MatmulOp":
        """All groups as one product, with those of A along the diagonal of A[groups * M, groups * K].

        The tensors in DRAM stay as they were. A keeps its values; missing ones are drawn only `with_values`.
        """
        if self.groups == 1:
            return self
        tensor = self.a.tensor
        if with_values and isinstance(tensor, DenseMatrix):
            tensor = SparseMatrix.from_dense(tensor.to_array())
        diagonal = on_diagonal(tensor.to_sparse(), self.groups)
        return replace(self, a=replace(self.a, tensor=diagonal, stored=self.a.tensor), groups=1, channels=0, kept=None)

    def parts(self, with_values: bool = False) -> Iterator["MatmulOp"]:
        """Every group as an operation of its own; missing values are drawn only `with_values`."""
        distinct = None if self.b.distinct is None else self.b.distinct // self.groups
        lefts = _split(self.a.tensor, self.groups, with_values)
        rights = _split(self.b.tensor, self.groups, with_values)
        for left, right in zip(lefts, rights, strict=True):
            b = replace(self.b, tensor=right, distinct=distinct)
            yield replace(self, a=replace(self.a, tensor=left), b=b, groups=1, channels=0, kept=None)


def effectual_macs(a: Tensor, b: Tensor, groups: int = 1) -> int:
    """Multiplications of two non-zeros in A @ B, from the actual positions; groups are stacked by rows."""
    rows, columns = a.shape[0] // groups, b.shape[1]
    # With one dense factor the count needs no positions, so large dense operands are never expanded.
    if b.nnz == b.shape[0] * columns:
        return a.nnz * columns
    if a.nnz == a.shape[0] * a.shape[1]:
        return b.nnz * rows
    left = on_diagonal(a.to_sparse(), groups)
    return int(b.to_sparse().row_lengths[left.indices].sum())


def matmul_op(
    a: Any, b: Any, format: str | Format, dtype: str, name: str = "matmul", *, out_dtype: str = ""
) -> MatmulOp:
    """A @ B with A in `format`; B is stored dense if it has no zeros, else as A is.

    C is written as `out_dtype`, or if that is left out as the operands are stored. `a` and `b` are matrices, names,
    paths, 2-D arrays or SciPy matrices. Raises InputError for sides that do not fit, UnknownNameError for unknown
    names.

    >>> import sparsesim as ss
    >>> op = ss.matmul_op("karate", "karate", "csr", "fp32")
    >>> op.m, op.n, op.k, op.effectual_macs
    (34, 34, 34, 1212)
    """
    a, b = as_tensor(a), as_tensor(b)
    number_type, stored = dtype_by_name(dtype), format_by_name(format)
    if isinstance(b, SparseMatrix) and 0 < b.nnz == b.shape[0] * b.shape[1]:
        b = DenseMatrix(b.shape, b.to_array())
    b_format = format_by_name("dense") if isinstance(b, DenseMatrix) else stored
    c_dtype = dtype_by_name(out_dtype) if out_dtype else number_type
    return MatmulOp(name, Operand(a, stored, number_type), Operand(b, b_format, number_type), c_dtype)


def _split(tensor: Tensor, groups: int, with_values: bool) -> Iterator[Tensor]:
    """Equal blocks of rows, from top to bottom."""
    rows, columns = tensor.shape[0] // groups, tensor.shape[1]
    if isinstance(tensor, DenseMatrix):
        if tensor.values is None and not with_values:
            yield from [DenseMatrix((rows, columns))] * groups
        else:
            array = tensor.to_array()
            yield from (DenseMatrix((rows, columns), array[i * rows : (i + 1) * rows]) for i in range(groups))
        return
    matrix = tensor.to_sparse()
    for i in range(groups):
        indptr = matrix.indptr[i * rows : (i + 1) * rows + 1]
        block = slice(indptr[0], indptr[-1])
        values = None if matrix.values is None else matrix.values[block]
        part = SparseMatrix((rows, columns), indptr - indptr[0], matrix.indices[block], values)
        yield tensor_from_array(part.to_array()) if part.nnz == rows * columns and values is not None else part


def on_diagonal(matrix: SparseMatrix, groups: int) -> SparseMatrix:
    """The matrix [rows, groups * columns] with every block of rows shifted right into columns of its own."""
    if groups == 1:
        return matrix
    rows, columns = matrix.shape
    per_group = np.diff(matrix.indptr[:: rows // groups]) if rows else np.zeros(groups, np.int64)
    shift = np.repeat(columns * np.arange(groups, dtype=np.int64), per_group)
    return SparseMatrix((rows, groups * columns), matrix.indptr, matrix.indices + shift, matrix.values)
