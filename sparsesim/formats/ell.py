"""ELLPACK: every row padded to the longest one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, FormatSize
from sparsesim.formats.coding.bit_stream import metadata_stream, read_stream, value_stream
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.coding.widths import check_index_fits
from sparsesim.formats.indexed import IndexedFormat
from sparsesim.formats.layout import places_in_row, row_numbers, scattered
from sparsesim.formats.occupancy import longest_row
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class Ell(IndexedFormat):
    """rows x (longest row) slots, each a column of `index_bits` and a value, row by row.

    Padding slots hold column 0 and the value 0; their bits count. The width of the slot array follows from
    the length of its stream.
    """

    family: ClassVar[str] = "ell"

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From the length of the longest row."""
        self._check(tensor)
        stored = tensor.shape[0] * longest_row(tensor)
        return FormatSize(stored, stored * dtype.bits, stored * self.index_bits)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "columns" and "values"."""
        self._check(matrix)
        codes, header = encode_values(matrix, dtype)
        width = longest_row(matrix)
        slots, stored = row_numbers(matrix) * width + places_in_row(matrix), matrix.shape[0] * width
        streams = (
            metadata_stream("columns", scattered(matrix.indices, slots, stored), self.index_bits),
            value_stream(scattered(codes, slots, stored), dtype),
        )
        return Encoded(self.name, matrix.shape, dtype, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The slots with a value that is not zero."""
        columns, values = read_stream(encoded.stream("columns")), decode_values(encoded)
        stored = np.flatnonzero(values)
        rows = stored // max(len(columns) // max(encoded.shape[0], 1), 1)
        return SparseMatrix.from_coo(encoded.shape, rows, columns[stored], values[stored])

    def _check(self, tensor: Tensor) -> None:
        check_index_fits(self.name, "column", tensor.shape[1], self.index_bits)
