"""`MatmulOp`: the one operation that machines understand, C[M,N] = A[M,K] @ B[K,N]."""

from dataclasses import dataclass
from functools import cached_property

from sparsesim.errors import InputError
from sparsesim.formats.base import Format, FormatSize
from sparsesim.formats.value_type import ValueType
from sparsesim.tensors import Tensor


@dataclass(frozen=True, eq=False)
class Operand:
    """One operand as it lies in DRAM.

    Attributes:
        tensor: its positions and values.
        format: how it is stored.
        value_type: number type of the stored values.
        distinct: for the im2col view of a feature map, the number of elements of the map itself; an
            implicit GEMM reads those from DRAM rather than their copies. None for an ordinary matrix.
    """

    tensor: Tensor
    format: Format
    value_type: ValueType
    distinct: int | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.tensor.shape

    @cached_property
    def size(self) -> FormatSize:
        """Exact stored size."""
        return self.format.size(self.tensor, self.value_type)

    @cached_property
    def dram_bytes(self) -> int:
        """Bytes that one pass over the operand moves from DRAM.

        A dense im2col view is counted as the feature map behind it (every element once).
        """
        if self.distinct is None:
            return self.size.size_bytes
        elements = self.shape[0] * self.shape[1]
        return -(-self.size.size_bytes * min(self.distinct, elements) // elements) if elements else 0


@dataclass(frozen=True, eq=False)
class MatmulOp:
    """C[M,N] = A[M,K] @ B[K,N]; A holds the weights, B the activations.

    Attributes:
        name: layer name, shown in results.
        a: operand A[M,K].
        b: operand B[K,N].
        c_type: number type of the product as it is written back.
        repeat: how many times the same multiplication is done (heads, time steps).
        warm: the operands may still lie in on-chip memory from an equal run just before, as in a benchmark.
    """

    name: str
    a: Operand
    b: Operand
    c_type: ValueType
    repeat: int = 1
    warm: bool = False

    def __post_init__(self) -> None:
        if self.a.shape[1] != self.b.shape[0]:
            raise InputError(
                f"{self.name}: A is {self.a.shape[0]} x {self.a.shape[1]} and B is {self.b.shape[0]} x "
                f"{self.b.shape[1]}; the columns of A must equal the rows of B"
            )
        if self.repeat < 1:
            raise InputError(f"{self.name}: repeat is {self.repeat}, it must be at least 1")

    @property
    def m(self) -> int:
        """Rows of A and C."""
        return self.a.shape[0]

    @property
    def k(self) -> int:
        """Columns of A, rows of B."""
        return self.a.shape[1]

    @property
    def n(self) -> int:
        """Columns of B and C."""
        return self.b.shape[1]

    @property
    def dense_macs(self) -> int:
        """Multiplications of the dense product, once (without `repeat`)."""
        return self.m * self.n * self.k

    @cached_property
    def effectual_macs(self) -> int:
        """Multiplications in which both factors are non-zero, once: sum over k of nnz(A[:,k]) x nnz(B[k,:])."""
        return effectual_macs(self.a.tensor, self.b.tensor)


def effectual_macs(a: Tensor, b: Tensor) -> int:
    """Products of two non-zeros in A @ B, from the real positions."""
    rows, columns = a.shape[0], b.shape[1]
    if b.nnz == b.shape[0] * columns:
        return a.nnz * columns
    if a.nnz == rows * a.shape[1]:
        return b.nnz * rows
    left = a.to_sparse()
    return int(b.to_sparse().row_lengths[left.indices].sum())
