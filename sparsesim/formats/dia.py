"""Diagonal storage: every diagonal that holds a non-zero, in full."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, FormatSize
from sparsesim.formats.coding.bit_stream import metadata_stream, read_stream, signed, value_stream
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.coding.widths import check_index_fits
from sparsesim.formats.indexed import IndexedFormat
from sparsesim.formats.layout import row_numbers, scattered
from sparsesim.formats.occupancy import occupied_diagonals
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class Dia(IndexedFormat):
    """A signed offset (column - row) of `index_bits` per occupied diagonal, and the values of the diagonal.

    A diagonal is stored with its exact length inside the matrix, min(rows + min(k, 0), columns - max(k, 0))
    for offset k, from its top end down; SciPy's layout, in contrast, pads each one to the number of columns.
    """

    family: ClassVar[str] = "dia"

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From a count of the occupied diagonals."""
        self._check(tensor)
        diagonals, stored = occupied_diagonals(tensor)
        return FormatSize(stored, stored * dtype.bits, diagonals * self.index_bits)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "offsets" (ascending) and "values"."""
        self._check(matrix)
        codes, header = encode_values(matrix, dtype)
        rows = row_numbers(matrix)
        offsets, diagonal = np.unique(matrix.indices - rows, return_inverse=True)
        starts = _starts(offsets, matrix.shape)
        slots = scattered(codes, starts[diagonal] + np.minimum(rows, matrix.indices), starts[-1])
        streams = (metadata_stream("offsets", offsets, self.index_bits), value_stream(slots, dtype))
        return Encoded(self.name, matrix.shape, dtype, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The non-zero values of all diagonals."""
        offsets = signed(read_stream(encoded.stream("offsets")), self.index_bits)
        values = decode_values(encoded)
        stored = np.flatnonzero(values)
        starts = _starts(offsets, encoded.shape)
        diagonal = np.searchsorted(starts, stored, side="right") - 1
        place, offset = stored - starts[diagonal], offsets[diagonal]
        rows, columns = place - np.minimum(offset, 0), place + np.maximum(offset, 0)
        return SparseMatrix.from_coo(encoded.shape, rows, columns, values[stored])

    def _check(self, tensor: Tensor) -> None:
        check_index_fits(self.name, "diagonal offset", max(tensor.shape), self.index_bits - 1)


def _starts(offsets: IntArray, shape: tuple[int, int]) -> IntArray:
    """Where each diagonal begins in the value stream, and the end of the last one."""
    lengths = np.minimum(shape[0] + np.minimum(offsets, 0), shape[1] - np.maximum(offsets, 0))
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
