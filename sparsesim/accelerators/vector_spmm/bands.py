"""The vectors each thread block multiplies: what the format of A stores, cut into bands of rows."""

from dataclasses import dataclass

import numpy as np

from sparsesim.accelerators.vector_spmm.kernels import first_touches, vector_columns
from sparsesim.array_types import IntArray
from sparsesim.errors import PatternError
from sparsesim.formats.bsr import Bsr
from sparsesim.matmul import Operand


@dataclass(frozen=True, eq=False)
class Bands:
    """Bands of `height` rows in launch order.

    Attributes:
        height: rows of a band, the length of its vectors.
        order: int64[bands], band numbers in launch order.
        lengths: int64[bands], stored vectors of each, in launch order.
        fresh: int64[bands], columns of each that no band launched earlier stores.
        pointers, columns: the vectors of band i (numbered from the top) are columns[pointers[i]:pointers[i + 1]].
    """

    height: int
    order: IntArray
    lengths: IntArray
    fresh: IntArray
    pointers: IntArray
    columns: IntArray

    def columns_of(self, band: int) -> IntArray:
        """The columns of A that a band multiplies."""
        return self.columns[self.pointers[band] : self.pointers[band + 1]]


def stored_bands(a: Operand, height: int, width: int, longest_first: bool) -> Bands:
    """Bands of the vectors that `a` stores, ordered by length (row swizzle) or from top to bottom."""
    matrix = a.tensor.to_sparse()
    columns = matrix.shape[1]
    pointers, stored = vector_columns(matrix.indptr, matrix.indices, columns, height, width)
    lengths = np.diff(pointers)
    # Stable, so that bands of equal length stay in order.
    order = np.argsort(-lengths if longest_first else np.zeros_like(lengths), kind="stable").astype(np.int64)
    fresh = first_touches(order, pointers, stored, columns)
    return Bands(height, order, lengths[order], fresh, pointers, stored)


def vector_shape(a: Operand, offered: tuple[int, ...]) -> tuple[int, int]:
    """(rows, columns) of the blocks that the format stores; single values for CSR.

    Raises PatternError if there is no kernel for vectors of that length.
    """
    rows, columns = (a.format.block_rows, a.format.block_columns) if isinstance(a.format, Bsr) else (1, 1)
    if rows not in offered:
        known = ", ".join(map(str, offered))
        raise PatternError(f"{a.format.name}: no kernel for vectors of {rows} rows (there are {known})")
    return rows, columns
