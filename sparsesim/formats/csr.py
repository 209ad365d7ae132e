"""Compressed sparse rows."""

from dataclasses import dataclass
from typing import ClassVar

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, FormatSize
from sparsesim.formats.coding.bit_stream import metadata_stream, read_stream, value_stream
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.coding.widths import check_fits, check_index_fits
from sparsesim.formats.indexed import CompressedFormat
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class Csr(CompressedFormat):
    """rows + 1 pointers of `pointer_bits`, then a column of `index_bits` and a value per non-zero."""

    family: ClassVar[str] = "csr"

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From the shape and the number of non-zeros alone."""
        self._check(tensor)
        metadata = (tensor.shape[0] + 1) * self.pointer_bits + tensor.nnz * self.index_bits
        return FormatSize(tensor.nnz, tensor.nnz * dtype.bits, metadata)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "row_pointers", "columns" and "values"."""
        self._check(matrix)
        codes, header = encode_values(matrix, dtype)
        streams = (
            metadata_stream("row_pointers", matrix.indptr, self.pointer_bits),
            metadata_stream("columns", matrix.indices, self.index_bits),
            value_stream(codes, dtype),
        )
        return Encoded(self.name, matrix.shape, dtype, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The matrix, without values that are zero."""
        pointers, columns = (read_stream(encoded.stream(name)) for name in ("row_pointers", "columns"))
        return SparseMatrix.from_csr(encoded.shape, pointers, columns, decode_values(encoded))

    def _check(self, tensor: Tensor) -> None:
        check_index_fits(self.name, "column", tensor.shape[1], self.index_bits)
        check_fits(self.name, "row pointer", tensor.nnz, self.pointer_bits)
