"""The vectors each thread block multiplies: what the format of A stores, cut into bands of rows."""

from dataclasses import dataclass

import numpy as np

from sparsesim.accelerators.vector_spmm.kernels import first_touches, vector_columns
from sparsesim.array_types import IntArray
from sparsesim.errors import PatternError
from sparsesim.formats.bsr import Bsr
from sparsesim.matmul import Operand
from sparsesim.units import ceil_div


@dataclass(frozen=True, eq=False)
class Bands:
    """Bands of `height` rows in launch order.

    Attributes:
        height: rows of a band, the length of its vectors.
        dense: whether all positions are stored, so no index is read.
        order: int64[bands], band numbers in launch order.
        lengths: int64[bands], stored vectors of each, in launch order.
        fresh: int64[bands], columns of each that no band launched earlier stores.
        pointers, columns: the vectors of band i (numbered from the top) are columns[pointers[i]:pointers[i + 1]];
            None for a dense operand.
    """

    height: int
    dense: bool
    order: IntArray
    lengths: IntArray
    fresh: IntArray
    pointers: IntArray | None = None
    columns: IntArray | None = None

    def columns_of(self, band: int) -> IntArray | slice:
        """The columns of A that a band multiplies."""
        if self.pointers is None or self.columns is None:
            return slice(None)
        return self.columns[self.pointers[band] : self.pointers[band + 1]]


def dense_bands(rows: int, columns: int, height: int) -> Bands:
    """Bands that each store every column."""
    count = ceil_div(rows, height)
    # The first band touches every row of B, the others none for the first time.
    fresh = np.zeros(count, np.int64)
    fresh[:1] = columns
    return Bands(height, True, np.arange(count, dtype=np.int64), np.full(count, columns, np.int64), fresh)


def stored_bands(a: Operand, height: int, width: int, longest_first: bool) -> Bands:
    """Bands of the vectors that `a` stores, ordered by length (row swizzle) or from top to bottom."""
    matrix = a.tensor.to_sparse()
    columns = matrix.shape[1]
    pointers, stored = vector_columns(matrix.indptr, matrix.indices, columns, height, width)
    lengths = np.diff(pointers)
    # Stable, so that bands of equal length stay in order.
    order = np.argsort(-lengths if longest_first else np.zeros_like(lengths), kind="stable").astype(np.int64)
    fresh = first_touches(order, pointers, stored, columns)
    return Bands(height, False, order, lengths[order], fresh, pointers, stored)


def vector_shape(a: Operand, offered: tuple[int, ...]) -> tuple[int, int]:
    """(rows, columns) of the blocks that the format stores; formats without blocks are unpacked to single values.

    Raises PatternError if there is no kernel for vectors of that length.
    """
    if not isinstance(a.format, Bsr):
        return 1, 1
    if a.format.block_rows not in offered:
        known = ", ".join(map(str, offered))
        raise PatternError(f"{a.format.name}: no kernel for vectors of {a.format.block_rows} rows (there are {known})")
    return a.format.block_rows, a.format.block_columns
