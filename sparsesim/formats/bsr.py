"""Block compressed sparse rows: dense blocks wherever a block holds at least one non-zero."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, Format, FormatSize
from sparsesim.formats.coding.bit_stream import metadata_stream, read_stream, value_stream
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.formats.coding.widths import (
    INDEX,
    POINTER,
    check_fits,
    check_index_fits,
    check_range,
    check_widths,
    width_suffix,
)
from sparsesim.formats.layout import lines_of, row_numbers, scattered
from sparsesim.formats.occupancy import occupied_blocks
from sparsesim.tensors import SparseMatrix, Tensor
from sparsesim.units import ceil_div


@dataclass(frozen=True)
class Bsr(Format):
    """Blocks of block_rows x block_columns in a grid from the top left corner; blocks at the edges are padded.

    Stored are a pointer per block row (and one more), a block column of `index_bits` per block, and all values
    of every block in row-major order.
    """

    family: ClassVar[str] = "bsr"
    block_rows: int = 4
    block_columns: int = 4
    index_bits: int = 32
    pointer_bits: int = 32
    parameters: ClassVar[str] = r"(?:-(?P<block_rows>[0-9]{1,6})x(?P<block_columns>[0-9]{1,6}))?" + INDEX + POINTER

    def __post_init__(self) -> None:
        check_range(self.name, "block_rows", self.block_rows, 1, 1 << 20)
        check_range(self.name, "block_columns", self.block_columns, 1, 1 << 20)
        check_widths(self.name, index_bits=self.index_bits, pointer_bits=self.pointer_bits)

    @property
    def name(self) -> str:
        """For example "bsr-4x4"."""
        return f"{self.family}-{self.block_rows}x{self.block_columns}" + width_suffix(
            self.index_bits, self.pointer_bits
        )

    @property
    def grain(self) -> tuple[int, int]:
        """Whole blocks."""
        return self.block_rows, self.block_columns

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From a count of the occupied blocks."""
        blocks = occupied_blocks(tensor, self.block_rows, self.block_columns)
        self._check(tensor.shape[1], blocks)
        stored = blocks * self.block_rows * self.block_columns
        pointers = ceil_div(tensor.shape[0], self.block_rows) + 1
        return FormatSize(stored, stored * dtype.bits, pointers * self.pointer_bits + blocks * self.index_bits)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "block_pointers", "block_columns" and "values"."""
        grid_rows, grid_columns = (ceil_div(matrix.shape[0], self.block_rows), self._grid_columns(matrix.shape[1]))
        block_row, row = np.divmod(row_numbers(matrix), self.block_rows)
        block_column, column = np.divmod(matrix.indices, self.block_columns)
        blocks, block = np.unique(block_row * grid_columns + block_column, return_inverse=True)
        self._check(matrix.shape[1], len(blocks))
        codes, header = encode_values(matrix, dtype)
        area = self.block_rows * self.block_columns
        slots = scattered(codes, block * area + row * self.block_columns + column, len(blocks) * area)
        pointers = np.searchsorted(blocks, np.arange(grid_rows + 1, dtype=np.int64) * grid_columns)
        streams = (
            metadata_stream("block_pointers", pointers, self.pointer_bits),
            metadata_stream("block_columns", blocks % max(grid_columns, 1), self.index_bits),
            value_stream(slots, dtype),
        )
        return Encoded(self.name, matrix.shape, dtype, streams, header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The non-zero values of all blocks."""
        pointers, block_columns = (read_stream(encoded.stream(name)) for name in ("block_pointers", "block_columns"))
        values = decode_values(encoded)
        stored = np.flatnonzero(values)
        block, place = np.divmod(stored, self.block_rows * self.block_columns)
        row, column = np.divmod(place, self.block_columns)
        rows = lines_of(pointers)[block] * self.block_rows + row
        columns = block_columns[block] * self.block_columns + column
        return SparseMatrix.from_coo(encoded.shape, rows, columns, values[stored])

    def _grid_columns(self, columns: int) -> int:
        return ceil_div(columns, self.block_columns)

    def _check(self, columns: int, blocks: int) -> None:
        check_index_fits(self.name, "block column", self._grid_columns(columns), self.index_bits)
        check_fits(self.name, "block pointer", blocks, self.pointer_bits)
