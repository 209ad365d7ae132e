"""N:M compressed storage, such as the 2:4 operand of a sparse tensor core."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.dtypes import DType
from sparsesim.formats.base import Encoded, Stream
from sparsesim.formats.coding.widths import bits_for, check_range
from sparsesim.formats.kernels import group_slots
from sparsesim.formats.structured import Indices, Structured
from sparsesim.formats.two_of_four import TwoOfFour, compress_2_4, decompress_2_4
from sparsesim.tensors import SparseMatrix, Tensor, Violation, group_violation

_HALVES = 0b1110, 0b0100
"""How tensor cores code which of two tf32 values is kept: as 2:4 of 16-bit halves (PTX ISA, mma.sp)."""


@dataclass(frozen=True)
class Nm(Structured):
    """Exactly `keep` values for every `of` consecutive columns, each with its place of ceil(log2(of)) bits.

    The columns are padded to whole groups. Within a group the places ascend and are distinct; slots that a group
    does not need hold the value zero at its first free places. 2:4 takes 56.25 % of dense fp16 and 62.5 % of
    dense int8; 1:2 of tf32 takes 56.25 %, because its places have 4 bits, as if both halves of a value were
    placed (NVIDIA, Ampere architecture whitepaper; PTX ISA, mma.sp).
    """

    family: ClassVar[str] = "nm"
    keep: int = 2
    of: int = 4
    parameters: ClassVar[str] = r"(?:-(?P<keep>[0-9]{1,6}):(?P<of>[0-9]{1,6}))?"

    def __post_init__(self) -> None:
        check_range(self.name, "of", self.of, 1, 1 << 16)
        check_range(self.name, "keep", self.keep, 1, self.of)

    @property
    def name(self) -> str:
        """For example "nm-2:4"."""
        return f"{self.family}-{self.keep}:{self.of}"

    def violation(self, tensor: Tensor) -> Violation | None:
        """The first group with more than `keep` non-zeros."""
        return group_violation(tensor, self.keep, self.of)

    def encode(self, matrix: SparseMatrix, dtype: DType) -> Encoded:
        """Streams "places" and "values"; PatternError names the first group with too many non-zeros."""
        if not self._direct(matrix.shape, dtype) or matrix.value_array().dtype != np.float32:
            return super().encode(matrix, dtype)
        self._check(matrix)
        stored = compress_2_4(matrix.to_array())
        count, payload = stored.values.size, stored.values.reshape(-1).view(np.uint8)
        places = Stream("places", "metadata", 2, count, stored.places)
        return Encoded(self.name, matrix.shape, dtype, (places, Stream("values", "data", 32, count, payload)), {})

    def decode(self, encoded: Encoded) -> SparseMatrix:
        """The slots with a value that is not zero."""
        rows, columns = encoded.shape
        values = encoded.stream("values").payload
        if not self._direct(encoded.shape, encoded.dtype) or values.size != 2 * rows * columns:
            return super().decode(encoded)
        floats = np.frombuffer(values, np.float32).reshape(rows, columns // 2)
        return SparseMatrix.from_dense(
            decompress_2_4(TwoOfFour(encoded.shape, floats, encoded.stream("places").payload))
        )

    def _direct(self, shape: tuple[int, int], dtype: DType) -> bool:
        """Whether `two_of_four` writes and reads these streams in one pass.

        Not with a last group that is cut off: `compress_2_4` prunes two columns to one there, where the format has
        room for both, and reading has to refuse places beyond the last column.
        """
        return (self.keep, self.of) == (2, 4) and dtype.name == "fp32" and shape[1] % 4 == 0

    def _index_streams(self, shape: tuple[int, int], dtype: DType) -> dict[str, tuple[int, int]]:
        bits = 4 if self._in_halves(dtype) else bits_for(self.of)
        return {"places": (shape[0] * self._slots_per_row(shape), bits)}

    def _selection(self, matrix: SparseMatrix) -> tuple[IntArray, Indices]:
        groups = self._groups(matrix.shape)
        sources, places = group_slots(matrix.indptr, matrix.indices, groups, self.keep, self.of)
        return sources, {"places": places}

    def _columns(self, indices: Indices, shape: tuple[int, int]) -> IntArray:
        places = indices["places"]
        group = np.arange(len(places)) // self.keep % max(self._groups(shape), 1)
        columns: IntArray = group * self.of + places
        return columns

    def _as_stored(self, indices: Indices, dtype: DType) -> Indices:
        if not self._in_halves(dtype):
            return indices
        return {"places": np.where(indices["places"] == 1, *_HALVES)}

    def _as_read(self, stored: Indices, dtype: DType) -> Indices:
        if not self._in_halves(dtype):
            return stored
        return {"places": (stored["places"] == _HALVES[0]).astype(np.int64)}

    def _in_halves(self, dtype: DType) -> bool:
        return (self.keep, self.of) == (1, 2) and dtype.name == "tf32"
