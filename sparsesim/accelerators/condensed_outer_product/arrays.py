"""Arrays that travel together into the kernels of the merge rounds."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

A_ELEMENTS, LANE_CYCLES, STORED_READ, LOADS = 0, 1, 2, 3
"""Columns of the figures that `merge_round` counts for every chunk of rows.

From LOADS on: elements entering each merge layer, and last the results that leave the tree.
"""


class Elements(NamedTuple):
    """The elements of A, in ascending order of leaf within a row.

    indptr: offsets of the rows. columns: the B row that each element names. leaf: the leaf of each element, or
    empty if that is its place within the row.
    """

    indptr: IntArray
    columns: IntArray
    leaf: IntArray


class Share(NamedTuple):
    """The A elements of one round.

    rows: ascending rows of A that have work. start, stop: their range of elements. lowest: smallest leaf of the
    round. place: of leaf `lowest + l` among the inputs of the merge tree; it falls as the leaf rises.
    """

    rows: IntArray
    start: IntArray
    stop: IntArray
    lowest: int
    place: IntArray


class Stored(NamedTuple):
    """Stored partial results that a round reads, in ascending order of their place among its inputs.

    Partial i has the entries first[i]..first[i + 1] - 1 of `rows`, all of them rows of the share; entry j has the
    columns offsets[j]..offsets[j + 1] - 1.
    """

    place: IntArray
    first: IntArray
    rows: IntArray
    offsets: IntArray
    columns: IntArray


class Tree(NamedTuple):
    """Scratch of the merge tree, kept from round to round.

    seen: per column of C, the key of the last input that held it; a key is row stamp x inputs + place, where `inputs`
    is a power of two. met: room for at least one row of B; see `_enter`. stamp: one entry, the last row stamp.
    """

    seen: IntArray
    met: IntArray
    stamp: IntArray
