"""Condensed CSR: the non-zeros of every row pushed to the left and stored column by condensed column."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, FormatSize
from sparsesim.formats.coding.bit_stream import metadata_stream, read_stream, value_stream
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.coding.widths import check_fits, check_index_fits
from sparsesim.formats.indexed import CompressedFormat
from sparsesim.formats.layout import lines_of, places_in_row, row_numbers, scattered
from sparsesim.formats.occupancy import longest_row, non_empty_rows
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class CondensedCsr(CompressedFormat):
    """Condensed column j holds the j-th non-zero of every row that has one (Z. Zhang et al., SpArch, HPCA 2020, II-B).

    Rows are ordered by descending length (equal ones by row number), so that a condensed column covers the first rows
    of that order and needs no row index of its own. Stored are the row order (`index_bits` each, non-empty rows only),
    a pointer per condensed column and one more, and for every non-zero its original column and its value.
    """

    family: ClassVar[str] = "condensed-csr"

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From the number of non-empty rows and the length of the longest one."""
        self._check(tensor)
        indices = tensor.nnz + non_empty_rows(tensor)
        metadata = indices * self.index_bits + (longest_row(tensor) + 1) * self.pointer_bits
        return FormatSize(tensor.nnz, tensor.nnz * dtype.bits, metadata)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "row_order", "pointers", "columns" and "values"."""
        self._check(matrix)
        codes, header = encode_values(matrix, dtype)
        order = np.argsort(-matrix.row_lengths, kind="stable")
        rank = scattered(np.arange(len(order)), order, len(order))
        condensed = places_in_row(matrix)
        lengths = np.bincount(condensed, minlength=0)
        pointers = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        slots = pointers[condensed] + rank[row_numbers(matrix)]
        streams = (
            metadata_stream("row_order", order[: non_empty_rows(matrix)], self.index_bits),
            metadata_stream("pointers", pointers, self.pointer_bits),
            metadata_stream("columns", scattered(matrix.indices, slots, matrix.nnz), self.index_bits),
            value_stream(scattered(codes, slots, matrix.nnz), dtype),
        )
        return Encoded(self.name, matrix.shape, dtype, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """Each entry's row is its rank within the condensed column, looked up in the row order."""
        order, pointers, columns = (read_stream(encoded.stream(name)) for name in ("row_order", "pointers", "columns"))
        rank = np.arange(len(columns), dtype=np.int64) - pointers[lines_of(pointers)]
        return SparseMatrix.from_coo(encoded.shape, order[rank], columns, decode_values(encoded))

    def _check(self, tensor: Tensor) -> None:
        check_index_fits(self.name, "row or column", max(tensor.shape), self.index_bits)
        check_fits(self.name, "pointer", tensor.nnz, self.pointer_bits)
