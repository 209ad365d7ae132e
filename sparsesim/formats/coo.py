"""Coordinate storage: row and column of every non-zero."""

from dataclasses import dataclass
from typing import ClassVar

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, FormatSize
from sparsesim.formats.coding.bit_stream import metadata_stream, read_stream, value_stream
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.coding.widths import check_index_fits
from sparsesim.formats.indexed import IndexedFormat
from sparsesim.formats.layout import row_numbers
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class Coo(IndexedFormat):
    """Two indices of `index_bits` and one value per non-zero, in row-major order."""

    family: ClassVar[str] = "coo"

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From the shape and the number of non-zeros alone."""
        check_index_fits(self.name, "row or column", max(tensor.shape), self.index_bits)
        return FormatSize(tensor.nnz, tensor.nnz * dtype.bits, 2 * tensor.nnz * self.index_bits)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "rows", "columns" and "values"."""
        check_index_fits(self.name, "row or column", max(matrix.shape), self.index_bits)
        codes, header = encode_values(matrix, dtype)
        streams = (
            metadata_stream("rows", row_numbers(matrix), self.index_bits),
            metadata_stream("columns", matrix.indices, self.index_bits),
            value_stream(codes, dtype),
        )
        return Encoded(self.name, matrix.shape, dtype, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The triplets, without values that are zero."""
        rows, columns = (read_stream(encoded.stream(name)) for name in ("rows", "columns"))
        return SparseMatrix.from_coo(encoded.shape, rows, columns, decode_values(encoded))
