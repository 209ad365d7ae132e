"""N:M in pairs: the 4:8 operand that sparse tensor cores take of 4-bit integers."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.dtypes import DType
from sparsesim.errors import InputError
from sparsesim.formats.coding.widths import bits_for, check_range
from sparsesim.formats.kernels import group_slots
from sparsesim.formats.layout import row_numbers
from sparsesim.formats.structured import Indices, Structured
from sparsesim.tensors import SparseMatrix, Tensor, Violation, pair_violation
from sparsesim.tensors.kernels import cell_pattern


@dataclass(frozen=True)
class NmPairs(Structured):
    """`keep` / 2 pairs of adjacent values for every `of` columns, each pair with its place of ceil(log2(of / 2)) bits.

    4:8 takes 62.5 % of dense int4: per group 4 values of 4 bits and 2 places of 2 bits, against 32 bits (PTX ISA,
    mma.sp). Both values of a pair are stored, also where one is zero; pairs that a group does not need are its
    first empty ones, and hold zeros.
    """

    family: ClassVar[str] = "nm-pairs"
    keep: int = 4
    of: int = 8
    parameters: ClassVar[str] = r"(?:-(?P<keep>[0-9]{1,6}):(?P<of>[0-9]{1,6}))?"

    def __post_init__(self) -> None:
        check_range(self.name, "of", self.of, 2, 1 << 16)
        check_range(self.name, "keep", self.keep, 2, self.of)
        if self.keep % 2 or self.of % 2:
            raise InputError(f"format {self.name}: both numbers must be even to hold pairs")

    @property
    def name(self) -> str:
        """For example "nm-pairs-4:8"."""
        return f"{self.family}-{self.keep}:{self.of}"

    def violation(self, tensor: Tensor) -> Violation | None:
        """The first group with non-zeros in more than keep / 2 pairs."""
        return pair_violation(tensor, self.keep, self.of)

    def _index_streams(self, shape: tuple[int, int], dtype: DType) -> dict[str, tuple[int, int]]:
        return {"places": (shape[0] * self._slots_per_row(shape) // 2, bits_for(self.of // 2))}

    def _selection(self, matrix: SparseMatrix) -> tuple[IntArray, Indices]:
        indptr, pairs = cell_pattern(matrix.indptr, matrix.indices, matrix.shape[1], 1, 2)
        groups = self._groups(matrix.shape)
        held, places = group_slots(indptr, pairs, groups, self.keep // 2, self.of // 2)
        slot_of_pair = np.zeros(len(pairs), np.int64)
        slot_of_pair[held[held >= 0]] = np.flatnonzero(held >= 0)
        sources = np.full(2 * len(held), -1, np.int64)
        sources[2 * slot_of_pair[_pair_numbers(matrix)] + matrix.indices % 2] = np.arange(matrix.nnz)
        return sources, {"places": places}

    def _columns(self, indices: Indices, shape: tuple[int, int]) -> IntArray:
        places = indices["places"]
        group = np.arange(len(places)) // (self.keep // 2) % max(self._groups(shape), 1)
        first = group * self.of + 2 * places
        columns: IntArray = np.stack([first, first + 1], axis=1).ravel()
        return columns


def _pair_numbers(matrix: SparseMatrix) -> IntArray:
    """int64[nnz]: the pair of each non-zero, counted over the pairs that hold any, row by row."""
    keys = row_numbers(matrix) * (matrix.shape[1] + 1) + matrix.indices // 2
    return np.cumsum(np.diff(keys, prepend=np.int64(-1)) != 0) - 1
