"""`MatrixProduct`: a sparse matrix times a dense one or itself, where a task otherwise has a network."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sparsesim.formats import Format
from sparsesim.identity import content_hash
from sparsesim.matmul import MatmulOp, matmul_op
from sparsesim.tensors import DenseMatrix, Tensor, as_tensor
from sparsesim.tensors.collections import MatrixSource, matrix_entries

SELF: Literal["self"] = "self"
"""As columns: the product of the matrix with itself."""


@dataclass(frozen=True, eq=False)
class MatrixProduct:
    """C = A x B, with A from a file and as many columns of a dense B as asked for, or A itself.

    Attributes:
        name: what results call it.
        matrix: name of A, which results show as the layer.
        source: where A is read from, each time it is needed; or A itself.
        columns: of B, or "self".
        content: hash of shape, positions and values of A, and of the columns of B.
        rows, inner: the sides of A.
        nnz: non-zeros of A.
    """

    name: str
    matrix: str
    source: MatrixSource | Tensor
    columns: int | Literal["self"]
    content: str
    rows: int
    inner: int
    nnz: int

    @property
    def label(self) -> str:
        """What results call it."""
        return self.name

    @property
    def weights_origin(self) -> str:
        """Where the values come from, as results say it."""
        return "given"

    @property
    def n_params(self) -> int:
        """Non-zeros: the longest work starts first."""
        return self.nnz

    @property
    def n_weights(self) -> int:
        """The same of its one layer."""
        return self.nnz

    @property
    def layers(self) -> tuple["MatrixProduct"]:
        """Itself: who cuts work by layers finds one."""
        return (self,)

    @property
    def sparsity(self) -> float:
        """Share of zeros, rounded to 4 digits as that of weights that came pruned."""
        return round(1 - self.nnz / max(1, self.rows * self.inner), 4)

    def prepared(self, dtype: str) -> Iterator["PreparedProduct"]:
        """The one product, with the matrix read."""
        a = _read(self.source)
        b = a if self.columns == SELF else DenseMatrix((a.shape[1], self.columns))
        yield PreparedProduct(matmul_op(a, b, "dense", dtype, name=self.matrix), a, b, dtype)


@dataclass(frozen=True, eq=False)
class PreparedProduct:
    """The operation with A stored dense, and in any other format, as `multiply` stores it; like a LoweredLayer."""

    op: MatmulOp
    a: Tensor
    b: Tensor
    dtype: str

    @property
    def weights(self) -> int:
        """Elements of A."""
        return self.a.shape[0] * self.a.shape[1]

    @property
    def kept(self) -> int:
        """Non-zeros of A."""
        return self.a.nnz

    def stored_as(self, format: Format) -> MatmulOp:
        """The product with A in this format; B is stored dense if it has no zeros, else as A is."""
        return matmul_op(self.a, self.b, format, self.dtype, name=self.op.name)


def matrix_sources(given: str | Path | Tensor) -> list[MatrixSource | Tensor]:
    """The matrices that an entry stands for, of which only headers are read."""
    return list(matrix_entries(given)) if isinstance(given, str | Path) else [as_tensor(given)]


def source_label(source: MatrixSource | Tensor, number: int) -> str:
    """What a matrix is called: the label of its file, or its place in the sweep."""
    return source.label if isinstance(source, MatrixSource) else f"matrix {number}"


def matrix_products(
    name: str, source: MatrixSource | Tensor, columns: list[int | Literal["self"]]
) -> list[MatrixProduct]:
    """One product per number of columns, of a matrix that is read once. Raises InputError as `read_matrix`."""
    a = _read(source)
    content = content_hash([a.shape, "dense" if isinstance(a, DenseMatrix) and a.values is None else a.to_sparse()])
    for each in columns:  # sides that do not fit are told before any work
        matmul_op(a, a if each == SELF else DenseMatrix((a.shape[1], each)), "dense", "fp16", name=name)
    parts = (*a.shape, a.nnz)
    return [
        MatrixProduct(name, name, source, each, content_hash(["product", content, each]), *parts) for each in columns
    ]


def _read(source: MatrixSource | Tensor) -> Tensor:
    return source.read() if isinstance(source, MatrixSource) else source
