"""Dense storage: every entry, row by row."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, Format, FormatSize
from sparsesim.formats.coding.bit_stream import value_stream
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.layout import flat_positions, scattered
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class Dense(Format):
    """rows x columns values in row-major order, no metadata."""

    family: ClassVar[str] = "dense"

    @property
    def name(self) -> str:
        """The name "dense"."""
        return self.family

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """Every entry once; the positions are not looked at."""
        stored = tensor.shape[0] * tensor.shape[1]
        return FormatSize(stored, stored * dtype.bits, 0)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """One stream "values" with a zero code wherever the matrix has no entry."""
        codes, header = encode_values(matrix, dtype)
        slots = scattered(codes, flat_positions(matrix), matrix.shape[0] * matrix.shape[1])
        return Encoded(self.name, matrix.shape, dtype, (value_stream(slots, dtype),), header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The non-zero values."""
        values = decode_values(encoded)
        stored = np.flatnonzero(values)
        rows, columns = np.divmod(stored, max(encoded.shape[1], 1))
        return SparseMatrix.from_coo(encoded.shape, rows, columns, values[stored])
