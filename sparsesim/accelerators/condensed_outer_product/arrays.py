"""The arrays that `pattern_merge` and its kernels share, grouped by what they describe."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import IntArray

IndexArray = NDArray[np.signedinteger[Any]]
"""int32 if that holds every position, which halves the memory traffic of the kernels; see `index_type`."""

Integer = int | np.signedinteger[Any]
"""One element of such an array."""

INDEX = np.int64((1 << 62) - 1)
"""`i & INDEX` is i, and proves to the compiler that i is not negative.

Numba otherwise emits a test for indices from the end at every access. Unsigned integers would avoid it too, but
kernels are signed throughout so that a difference may be negative.
"""

A_ELEMENTS, LANE_CYCLES, STORED_READ, LOADS = 0, 1, 2, 3
"""Columns of the figures that `merge_round` counts for every chunk of rows.

Elements of A, cycles of the multiplier groups (summed over groups), and elements of stored partial results read back.
From LOADS on: elements entering each merge layer, and last the results that leave the tree.
"""

COUNTER_BITS = 63
"""Bits for the counters of all merge layers, packed into one int64; its sign bit stays clear.

One addition per element then counts for every layer at once. Also the shift that spreads a sign over all bits.
"""

LATEST, FIRST_ROW = 0, 1
"""Entries of `Tree.stamp`."""


def index_type(largest: int) -> type[np.int32] | type[np.int64]:
    """int32 if it holds `largest`, else int64."""
    return np.int32 if largest < np.iinfo(np.int32).max else np.int64


class Elements(NamedTuple):
    """The elements of A, in ascending order of leaf within each row.

    Attributes:
        indptr: offsets of the rows.
        columns: the row of B that each element multiplies.
        leaf: the leaf of each element; empty for condensed columns, where it is the element's place within its row.
    """

    indptr: IntArray
    columns: IndexArray
    leaf: IntArray


class BRows(NamedTuple):
    """Operand B, and a pool for kept results behind it.

    Attributes:
        indptr: offsets of the rows of B.
        columns: of the rows of B, then of kept results: one array, so that a span may lie in either.
        lane_cycles: cycles for which an element of A occupies its multiplier group, by length of its row of B.
        alike: whether all rows hold the same columns.
    """

    indptr: IndexArray
    columns: IndexArray
    lane_cycles: IntArray
    alike: bool


class Feeds(NamedTuple):
    """What enters the tree in one round, in ascending order of place; one entry per range of leaves low..beyond - 1.

    Attributes:
        place: input of the tree; for new leaves, that of the highest one.
        step: 1 for new leaves, each at a place of its own, higher leaves first; 0 for the leaves below a stored partial
            result, which all enter at its one place.
        low, beyond: lowest leaf, and one past the highest.
        kept: number of the kept result to read instead of leaves, or -1.
    """

    place: IntArray
    step: IntArray
    low: IntArray
    beyond: IntArray
    kept: IntArray


class Kept(NamedTuple):
    """Results with columns kept in `BRows.columns`.

    Attributes:
        first: first entry of every result.
        rows: row of every entry, ascending within a result; -1 ends a result, which saves a bounds check per row.
        start, stop: positions start..stop - 1 of `BRows.columns` that hold the entry's columns.
    """

    first: IntArray
    rows: IntArray
    start: IntArray
    stop: IntArray


class Keep(NamedTuple):
    """Space for the columns of this round's result.

    Attributes:
        start, beyond: positions start..beyond - 1 of `BRows.columns`; start is negative if there is no space.
        ends: output, by row of the round: end of its columns, which begin where those of the row before end.
    """

    start: int
    beyond: int
    ends: IntArray


class Tree(NamedTuple):
    """Scratch of the merge tree, reused from round to round.

    A key is row stamp x inputs + place, with a new stamp for every row, so `seen` need not be cleared between rows. As
    `inputs` is a power of two, the exclusive or of two keys is the difference of their places, or at least `inputs` if
    they belong to different rows.

    Attributes:
        seen: per column of C, key of the last element that held it; int32 for the same reason as `IndexArray`.
        stamp: at LATEST, inputs x the latest row stamp; at FIRST_ROW, the row stamp of the round's first row, or what
            it would be had the stamps not restarted since.
        highest: once LATEST exceeds this, `seen` is cleared and the stamps restart, before keys overflow an int32.
        entered: int64[2 x inputs], what an element adds to the counters; see `entered_by_difference`.
    """

    seen: IndexArray
    stamp: IntArray
    highest: int
    entered: IntArray


class Spans(NamedTuple):
    """Scratch: a batch of B rows and kept rows on their way into the tree, in the order in which they enter.

    Attributes:
        start, stop: positions start..stop - 1 of `BRows.columns`.
        key: see `Tree`.
        batch: entries from which on the batch is sent; there is space for one more row of A beyond that.
    """

    start: IntArray
    stop: IntArray
    key: IntArray
    batch: int
