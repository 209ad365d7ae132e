"""Gaps along rows: every entry is a few-bit count of skipped columns and a value, row by row."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, Format, FormatSize
from sparsesim.formats.coding.bit_stream import metadata_stream, read_stream, value_stream
from sparsesim.formats.coding.gaps import gap_entries, positions_of
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.coding.widths import POINTER, check_fits, check_range, check_widths, width_suffix
from sparsesim.formats.layout import lines_of, scattered
from sparsesim.formats.occupancy import row_gap_padding
from sparsesim.tensors import SparseMatrix, Tensor


@dataclass(frozen=True)
class Gaps(Format):
    """Rows of entries, each the number of zeros before it (`gap_bits`) and a value, as MACKO-SpMV reads them.

    A gap over 2**gap_bits - 1 inserts an entry with the value zero; every row starts anew, and `rows + 1` pointers of
    `pointer_bits` count entries with padding (arXiv 2511.13061: 16-bit values, 4-bit gaps, 32-bit pointers, 2.5 bytes
    per stored entry). "relative" is the same along columns; runs of "rle" go on from row to row and need no pointers.
    """

    family: ClassVar[str] = "gaps"
    gap_bits: int = 4
    pointer_bits: int = 32
    parameters: ClassVar[str] = r"(?:-(?P<gap_bits>[0-9]{1,6}))?" + POINTER

    def __post_init__(self) -> None:
        check_range(self.name, "gap_bits", self.gap_bits, 1, 32)
        check_widths(self.name, pointer_bits=self.pointer_bits)

    @property
    def name(self) -> str:
        """For example "gaps-4"."""
        return f"{self.family}-{self.gap_bits}" + width_suffix(pointer_bits=self.pointer_bits)

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From a count of the gaps that are too long."""
        stored = tensor.nnz + row_gap_padding(tensor, self.gap_bits)
        check_fits(self.name, "row pointer", stored, self.pointer_bits)
        metadata = stored * self.gap_bits + (tensor.shape[0] + 1) * self.pointer_bits
        return FormatSize(stored, stored * dtype.bits, metadata)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "row_pointers", "gaps" and "values"."""
        codes, header = encode_values(matrix, dtype)
        pointers, gaps, slots = gap_entries(matrix.indptr, matrix.indices, self.gap_bits)
        check_fits(self.name, "row pointer", len(gaps), self.pointer_bits)
        streams = (
            metadata_stream("row_pointers", pointers, self.pointer_bits),
            metadata_stream("gaps", gaps, self.gap_bits),
            value_stream(scattered(codes, slots, len(gaps)), dtype),
        )
        return Encoded(self.name, matrix.shape, dtype, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The entries that are not zero."""
        pointers, gaps = (read_stream(encoded.stream(name)) for name in ("row_pointers", "gaps"))
        values = decode_values(encoded)
        real = np.asarray(values != 0)
        rows, columns = lines_of(pointers)[real], positions_of(pointers, gaps)[real]
        return SparseMatrix.from_coo(encoded.shape, rows, columns, values[real])
