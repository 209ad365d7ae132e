"""Arrays that travel together into the kernels of the merge rounds."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import IntArray

IndexArray = NDArray[np.signedinteger[Any]]
"""int32 where that holds every position, which halves the memory traffic of the kernels; see `index_type`."""

Integer = int | np.signedinteger[Any]
"""One number out of such an array."""

INDEX = (1 << 62) - 1
"""`i & INDEX` is i. It shows the compiler that i is not negative, which saves the check for indices from the end."""

A_ELEMENTS, LANE_CYCLES, STORED_READ, LOADS = 0, 1, 2, 3
"""Columns of the figures that `merge_round` counts for every chunk of rows.

From LOADS on: elements entering each merge layer, and last the results that leave the tree.
"""


COUNTER_BITS = 63
"""The counters of all merge layers share one int64 without its sign."""

LATEST, FIRST_ROW = 0, 1
"""Entries of `Tree.stamp`."""


def index_type(largest: int) -> type[np.int32] | type[np.int64]:
    """The smaller type that holds `largest`."""
    return np.int32 if largest < np.iinfo(np.int32).max else np.int64


class Elements(NamedTuple):
    """The elements of A, in ascending order of leaf within a row.

    indptr: offsets of the rows. columns: the B row that each element names. leaf: the leaf of each element, or
    empty if that is its place within the row.
    """

    indptr: IntArray
    columns: IndexArray
    leaf: IntArray


class BRows(NamedTuple):
    """Operand B.

    indptr: of its rows. columns: of its rows, then those of results that are kept. lane_cycles: cycles for which an
    element of A holds its multipliers, by the length of the B row that it names. alike: whether all rows hold the same
    columns.
    """

    indptr: IndexArray
    columns: IndexArray
    lane_cycles: IntArray
    alike: bool


class Feeds(NamedTuple):
    """What enters the tree in one round, in ascending order of place; one entry per range of leaves low..beyond - 1.

    place: among the inputs of the tree; of new leaves, that of the highest one. step: 1 for new leaves, which have a
    place each that falls as the leaf rises; 0 for what is read of a stored partial result, which enters at one place.
    kept: number of the kept result that is read instead of leaves, or -1.
    """

    place: IntArray
    step: IntArray
    low: IntArray
    beyond: IntArray
    kept: IntArray


class Kept(NamedTuple):
    """Results whose columns are kept.

    Result i has the entries from first[i] on; entry j is row rows[j], with the positions start[j]..stop[j] - 1 of
    `BRows.columns`. Rows ascend within a result, and an entry with row -1 ends it.
    """

    first: IntArray
    rows: IntArray
    start: IntArray
    stop: IntArray


class Keep(NamedTuple):
    """Room for the columns of a result: start..beyond - 1 of `BRows.columns`; a negative start if there is none.

    ends: out, by entry of the round's rows, the end of its columns; they begin where those of the row before end.
    """

    start: int
    beyond: int
    ends: IntArray


class Tree(NamedTuple):
    """Scratch of the merge tree, kept from round to round.

    seen: per column of C, the key of the last input that held it; a key is row stamp x inputs + place, where `inputs`
    is a power of two. stamp: at LATEST inputs x the last row stamp, at FIRST_ROW the row stamp that the first row of
    the round has, or would have if stamps had not begun anew since. highest: value at LATEST from which on
    stamps begin anew.
    entered: int64[2 x inputs], what an element adds to the counters; see `entered_by_difference`.
    """

    seen: IndexArray
    stamp: IntArray
    highest: int
    entered: IntArray


class Spans(NamedTuple):
    """Scratch: elements on their way into the tree, in order.

    Entry i has the positions start[i]..stop[i] - 1 of `BRows.columns` and the key[i]; see `Tree`. From `batch` entries
    on they enter, and there is room for one more row.
    """

    start: IntArray
    stop: IntArray
    key: IntArray
    batch: int
