"""Bitmap storage: one bit per position, and the non-zero values."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, Format, FormatSize, Stream
from sparsesim.formats.coding.bit_stream import value_stream
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.layout import flat_positions
from sparsesim.limits import check_memory
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class Bitmap(Format):
    """rows x columns mask bits in row-major order, then the values of the set ones."""

    family: ClassVar[str] = "bitmap"

    @property
    def name(self) -> str:
        """The name "bitmap"."""
        return self.family

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From the shape and the number of non-zeros alone."""
        return FormatSize(tensor.nnz, tensor.nnz * dtype.bits, tensor.shape[0] * tensor.shape[1])

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "mask" and "values"."""
        codes, header = encode_values(matrix, dtype)
        check_memory(f"format {self.name}: a mask of {matrix.shape[0]} x {matrix.shape[1]}", prod(matrix.shape))
        mask = np.zeros(matrix.shape[0] * matrix.shape[1], np.bool_)
        mask[flat_positions(matrix)] = True
        bits = Stream("mask", "metadata", 1, len(mask), np.packbits(mask, bitorder="little"))
        return Encoded(self.name, matrix.shape, dtype, (bits, value_stream(codes, dtype)), header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The values at the set bits, without those that are zero."""
        mask = encoded.stream("mask")
        stored = np.flatnonzero(np.unpackbits(mask.payload, count=mask.count, bitorder="little"))
        rows, columns = np.divmod(stored, max(encoded.shape[1], 1))
        return SparseMatrix.from_coo(encoded.shape, rows, columns, decode_values(encoded))
