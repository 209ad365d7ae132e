"""What every row of A stores and gathers, counted on its positions."""

from typing import Final, NamedTuple

from sparsesim.accelerators.gather_spmv.kernels import entries_and_sectors
from sparsesim.array_types import IntArray
from sparsesim.formats import Gaps
from sparsesim.matmul import Operand
from sparsesim.units import BITS_PER_BYTE

SECTOR_BYTES: Final = 32
"""Granularity of gathers (NVIDIA CUDA programming guide)."""


class Rows(NamedTuple):
    """Rows from top to bottom.

    Attributes:
        entries: int64[rows], stored entries, padding zeros included.
        sectors: int64[rows], 32-byte sectors of x that their loads touch.
    """

    entries: IntArray
    sectors: IntArray


def rows_of(a: Operand, lane_entries: int) -> Rows:
    """The rows of a matrix whose warps take `lane_entries` adjacent entries per lane."""
    matrix = a.tensor.to_sparse()
    gap_bits = a.format.gap_bits if isinstance(a.format, Gaps) else 0
    sector_elements = max(1, SECTOR_BYTES * BITS_PER_BYTE // a.dtype.bits)
    return Rows(*entries_and_sectors(matrix.indptr, matrix.indices, gap_bits, lane_entries, sector_elements))
