"""V:N:M storage: few columns per tall block, and N:4 within them, so that 2:4 units run sparser matrices."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.dtypes import DType
from sparsesim.formats.coding.widths import bits_for, check_range
from sparsesim.formats.kernels import group_slots
from sparsesim.formats.layout import row_numbers
from sparsesim.formats.structured import Indices, Structured
from sparsesim.tensors import LOCATED, SparseMatrix, Tensor, Violation, block_violation
from sparsesim.tensors.kernels import cell_pattern
from sparsesim.units import ceil_div


@dataclass(frozen=True)
class Vnm(Structured):
    """Of every `rows` x `of` block four columns are located, and within those every row keeps `keep` of four.

    A block has four column locations of ceil(log2(of)) bits, or of `index_bits`; a value has a place of two bits
    among the four (R. L. Castro et al., VENOM, SC 2023; its released kernel reads column locations of 32 bits,
    "-i32"). The columns are padded to whole blocks, the rows are not. Located columns and places ascend and are
    distinct; where a block or row has fewer non-zeros they are its first free ones.
    """

    family: ClassVar[str] = "vnm"
    rows: int = 64
    keep: int = 2
    of: int = 8
    index_bits: int | None = None
    parameters: ClassVar[str] = (
        r"(?:-(?P<rows>[0-9]{1,6}):(?P<keep>[0-9]{1,6}):(?P<of>[0-9]{1,6})(?:-i(?P<index_bits>[0-9]{1,6}))?)?"
    )

    def __post_init__(self) -> None:
        check_range(self.name, "V", self.rows, 1, 1 << 16)
        check_range(self.name, "N", self.keep, 1, LOCATED)
        check_range(self.name, "M", self.of, LOCATED, 1 << 16)
        if self.index_bits is not None:
            check_range(self.name, "index_bits", self.index_bits, bits_for(self.of), 63)

    @property
    def name(self) -> str:
        """For example "vnm-64:2:8", or "vnm-64:2:8-i32"."""
        return f"{self.family}-{self.rows}:{self.keep}:{self.of}" + (
            "" if self.index_bits is None else f"-i{self.index_bits}"
        )

    @property
    def grain(self) -> tuple[int, int]:
        """Whole blocks."""
        return self.rows, self.of

    @property
    def location_bits(self) -> int:
        """Bits of one column location."""
        return bits_for(self.of) if self.index_bits is None else self.index_bits

    def violation(self, tensor: Tensor) -> Violation | None:
        """The first block with non-zeros in more than four columns, else the first row with too many of them."""
        return block_violation(tensor, self.rows, self.keep, self.of)

    def located_rows(self, shape: tuple[int, int]) -> int:
        """Rows of B that one row block of A is multiplied with."""
        return self._groups(shape) * LOCATED

    def _index_streams(self, shape: tuple[int, int], dtype: DType) -> dict[str, tuple[int, int]]:
        return {
            "locations": (ceil_div(shape[0], self.rows) * self.located_rows(shape), self.location_bits),
            "places": (shape[0] * self._slots_per_row(shape), bits_for(LOCATED)),
        }

    def _selection(self, matrix: SparseMatrix) -> tuple[IntArray, Indices]:
        groups = self._groups(matrix.shape)
        used = cell_pattern(matrix.indptr, matrix.indices, matrix.shape[1], self.rows, 1)
        _, locations = group_slots(*used, groups, LOCATED, self.of)
        group = matrix.indices // self.of
        block = row_numbers(matrix) // self.rows * groups + group
        located = locations.reshape(-1, LOCATED)[block]
        rank = (located < (matrix.indices % self.of)[:, None]).sum(axis=1)
        sources, places = group_slots(matrix.indptr, group * LOCATED + rank, groups, self.keep, LOCATED)
        return sources, {"locations": locations, "places": places}

    def _columns(self, indices: Indices, shape: tuple[int, int]) -> IntArray:
        groups = self._groups(shape)
        locations = indices["locations"].reshape(ceil_div(shape[0], self.rows), groups, LOCATED)
        places = indices["places"].reshape(shape[0], groups, self.keep)
        blocks = np.arange(shape[0]) // self.rows
        within = np.take_along_axis(locations[blocks], places, axis=2)
        columns: IntArray = (np.arange(groups)[:, None] * self.of + within).ravel()
        return columns
