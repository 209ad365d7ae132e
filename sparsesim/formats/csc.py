"""Compressed sparse columns."""

from dataclasses import dataclass
from typing import ClassVar

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, FormatSize
from sparsesim.formats.coding.bit_stream import metadata_stream, read_stream, value_stream
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.coding.widths import check_fits, check_index_fits
from sparsesim.formats.indexed import CompressedFormat
from sparsesim.formats.layout import lines_of
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class Csc(CompressedFormat):
    """columns + 1 pointers of `pointer_bits`, then a row of `index_bits` and a value per non-zero."""

    family: ClassVar[str] = "csc"

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From the shape and the number of non-zeros alone."""
        self._check(tensor)
        metadata = (tensor.shape[1] + 1) * self.pointer_bits + tensor.nnz * self.index_bits
        return FormatSize(tensor.nnz, tensor.nnz * dtype.bits, metadata)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "column_pointers", "rows" and "values", column by column."""
        self._check(matrix)
        codes, header = encode_values(matrix.transposed, dtype)
        streams = (
            metadata_stream("column_pointers", matrix.transposed.indptr, self.pointer_bits),
            metadata_stream("rows", matrix.transposed.indices, self.index_bits),
            value_stream(codes, dtype),
        )
        return Encoded(self.name, matrix.shape, dtype, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The matrix, without values that are zero."""
        pointers, rows = (read_stream(encoded.stream(name)) for name in ("column_pointers", "rows"))
        return SparseMatrix.from_coo(encoded.shape, rows, lines_of(pointers), decode_values(encoded))

    def _check(self, tensor: Tensor) -> None:
        check_index_fits(self.name, "row", tensor.shape[0], self.index_bits)
        check_fits(self.name, "column pointer", tensor.nnz, self.pointer_bits)
