"""What the formats of structured patterns share: a fixed number of values per group, found through small indices."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.dtypes import DType
from sparsesim.errors import PatternError
from sparsesim.formats.base import Encoded, Format, FormatSize
from sparsesim.formats.coding.bit_stream import metadata_stream, read_stream, value_stream
from sparsesim.formats.coding.values import decode_values, encode_values
from sparsesim.limits import check_memory
from sparsesim.tensors import SparseMatrix, Tensor, Violation
from sparsesim.units import ceil_div

Indices = Mapping[str, IntArray]

_SLOT_BYTES: Final = 24
"""The source, the place and the code of a slot."""


@dataclass(frozen=True, eq=False)
class Slots:
    """The stored values of a matrix, row by row.

    `sources` int64[rows, slots] is the non-zero that a slot holds, -1 for padding; `columns` int64[rows, slots]
    is the column that the indices of the format say. Padding may lie beyond the last column.
    """

    sources: IntArray
    columns: IntArray


class Structured(Format):
    """A format in which every row keeps `keep` of every `of` columns, so that a matrix unit can skip the others.

    The columns are padded to whole groups.
    """

    keep: int
    of: int

    @property
    def grain(self) -> tuple[int, int]:
        """Whole groups of columns."""
        return 1, self.of

    @abstractmethod
    def violation(self, tensor: Tensor) -> Violation | None:
        """The first place where `tensor` breaks the pattern, or None."""

    @abstractmethod
    def _index_streams(self, shape: tuple[int, int], dtype: DType) -> dict[str, tuple[int, int]]:
        """(items, bits per item) of every stream of indices."""

    @abstractmethod
    def _selection(self, matrix: SparseMatrix) -> tuple[IntArray, Indices]:
        """The non-zero of every slot, and the indices by stream."""

    @abstractmethod
    def _columns(self, indices: Indices, shape: tuple[int, int]) -> IntArray:
        """int64[rows * slots]: the column of every slot."""

    def size(self, tensor: Tensor, dtype: DType) -> FormatSize:
        """From the shape alone, once nothing breaks the pattern; else PatternError."""
        self._check(tensor)
        stored = tensor.shape[0] * self._slots_per_row(tensor.shape)
        streams = self._index_streams(tensor.shape, dtype).values()
        return FormatSize(stored, stored * dtype.bits, sum(items * bits for items, bits in streams))

    def slots(self, matrix: SparseMatrix) -> Slots:
        """The stored values as a unit sees them; `matrix` has the pattern."""
        self._check_memory(matrix.shape)
        sources, indices = self._selection(matrix)
        shape = matrix.shape[0], self._slots_per_row(matrix.shape)
        return Slots(sources.reshape(shape), self._columns(indices, matrix.shape).reshape(shape))

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams of indices, and "values"; PatternError names the first place that breaks the pattern."""
        self._check(matrix)
        self._check_memory(matrix.shape)
        codes, header = encode_values(matrix, dtype)
        sources, indices = self._selection(matrix)
        stored = self._as_stored(indices, dtype)
        widths = self._index_streams(matrix.shape, dtype)
        streams = [metadata_stream(name, index, widths[name][1]) for name, index in stored.items()]
        values = value_stream(np.append(codes, 0)[sources], dtype)
        return Encoded(self.name, matrix.shape, dtype, (*streams, values), header)

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The slots with a value that is not zero."""
        names = self._index_streams(encoded.shape, encoded.dtype)
        stored = {name: read_stream(encoded.stream(name)) for name in names}
        columns = self._columns(self._as_read(stored, encoded.dtype), encoded.shape)
        values = decode_values(encoded)
        filled = np.flatnonzero(values)
        rows = filled // max(self._slots_per_row(encoded.shape), 1)
        return SparseMatrix.from_coo(encoded.shape, rows, columns[filled], values[filled])

    def _as_stored(self, indices: Indices, dtype: DType) -> Indices:
        """Indices as the hardware codes them."""
        return indices

    def _as_read(self, stored: Indices, dtype: DType) -> Indices:
        """The inverse of `_as_stored`."""
        return stored

    def _groups(self, shape: tuple[int, int]) -> int:
        return ceil_div(shape[1], self.of)

    def _slots_per_row(self, shape: tuple[int, int]) -> int:
        return self._groups(shape) * self.keep

    def _check_memory(self, shape: tuple[int, int]) -> None:
        slots = shape[0] * self._slots_per_row(shape)
        check_memory(f"format {self.name}: {slots} values of a {shape[0]} x {shape[1]} matrix", _SLOT_BYTES * slots)

    def _check(self, tensor: Tensor) -> None:
        violation = self.violation(tensor)
        if violation is not None:
            raise PatternError(f"format {self.name}: {violation.describe()}")
