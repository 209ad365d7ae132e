"""Runs the merge rounds on positions alone and collects the work of every chunk of rows."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sparsesim.accelerators.condensed_outer_product.arrays import (
    A_ELEMENTS,
    COUNTER_BITS,
    LOADS,
    STORED_READ,
    BRows,
    Feeds,
    IndexArray,
    Keep,
    Kept,
    Spans,
    Tree,
    index_type,
)
from sparsesim.accelerators.condensed_outer_product.kernels import merge_round
from sparsesim.accelerators.condensed_outer_product.leaves import Leaves, Range
from sparsesim.accelerators.condensed_outer_product.rounds import Round
from sparsesim.array_types import IntArray
from sparsesim.tensors import SparseMatrix

CHUNK_WORK = 8
"""Minimum products per chunk, roughly; in small matrices almost every row is a chunk."""

KEPT_PER_NON_ZERO = 2
"""Space for columns of kept results, per non-zero of A and B."""

SPANS = 1024
"""Batch of elements of A sent into the tree at a time: their spans take 24 KiB, which stay in an L1 cache."""

NOTHING = np.zeros(0, np.int64)

END = np.array([-1])
"""Row number of the entry that ends a kept result."""


@dataclass(frozen=True, eq=False)
class KeptRows:
    """A kept result: its columns are at start..stop - 1 of `BRows.columns`, those of rows[i] end at ends[i]."""

    start: int
    stop: int
    rows: IntArray
    ends: IntArray


@dataclass(frozen=True, eq=False)
class PatternPartial:
    """The result of a round, recomputed from the leaves below it when it is read, or read from columns that were kept.

    Keeping pays only for a result much smaller than the products below it.

    Attributes:
        round_number: the round that computed it.
        nnz: its non-zeros.
        leaves: all leaves below it, in as few ranges as possible.
        walked: leaves to recompute.
        kept: kept results that cover the other leaves.
    """

    round_number: int
    nnz: int
    leaves: list[Range]
    walked: list[Range]
    kept: list[KeptRows]


@dataclass(frozen=True, eq=False)
class RoundFigures:
    """Counts of one round.

    Attributes:
        reads: numbers of the rounds with results that it read back.
        chunks: int64[chunks, figures], columns named in `arrays`.
    """

    reads: tuple[int, ...]
    chunks: IntArray


@dataclass(eq=False)
class PatternMerge:
    """Called once per round; after the last one, `rounds` and `stream` describe the whole run.

    Attributes:
        leaves: operand A.
        b: operand B.
        layers: of the merge tree.
        lanes: multipliers per group, all on one element of A.
        chunks_per_round: most chunks that a round is cut into.
        stream: int[nnz(A)], the row of B of every element of A, in order of use.
        rounds: counts of the rounds so far.
    """

    leaves: Leaves
    b: SparseMatrix
    layers: int
    lanes: int
    chunks_per_round: int
    stream: IndexArray = field(init=False)
    rounds: list[RoundFigures] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stream = np.empty(self.leaves.a.nnz, index_type(max(self.leaves.a.nnz, self.b.shape[0])))
        longest_row = int(self.leaves.a.row_lengths.max(initial=0))
        start, stop, key = np.empty((3, SPANS + longest_row), np.int64)
        self._spans = Spans(start, stop, key, SPANS)
        self._visited = 0
        self._kept: list[KeptRows] = []

    def __call__(self, current: Round, taken: list[PatternPartial]) -> PatternPartial:
        """Merge one round."""
        lowest, beyond = current.leaves
        new = [current.leaves] if lowest < beyond else []
        leaves = _fused([*new, *(leaves for partial in taken for leaves in partial.leaves)])
        kept, rows = [columns for partial in taken for columns in partial.kept], self.leaves.rows_of(leaves)
        keep = self._keep(len(rows), current.last)
        figures = np.zeros((self.chunks_per_round, LOADS + self.layers + 1), np.int64)
        chunks, fill = merge_round(
            rows,
            lowest,
            _feeds(current, taken),
            _joined(kept),
            self.leaves.elements,
            self._b,
            self._tree,
            self._spans,
            keep,
            max(1, CHUNK_WORK // self._columns_in_one),
            self.stream[self._visited :],
            figures,
        )
        figures = figures[:chunks]
        # Counts of products; elements of A, and lane cycles, were counted for full rows of B.
        figures[:, STORED_READ:] *= self._columns_in_one
        self._visited += int(figures[:, A_ELEMENTS].sum())
        self.rounds.append(RoundFigures(tuple(partial.round_number for partial in taken), figures))
        nnz = int(figures[:, -1].sum())
        if fill >= 0:
            result = KeptRows(keep.start, fill, rows, keep.ends)
            self._kept = sorted([result, *(columns for columns in self._kept if columns not in kept)], key=_start)
            return PatternPartial(current.number, nnz, leaves, [], [result])
        walked = _fused([*new, *(leaves for partial in taken for leaves in partial.walked)])
        return PatternPartial(current.number, nnz, leaves, walked, kept)

    def _keep(self, rows: int, last: bool) -> Keep:
        """Space for this round's result: the largest gap between kept ones. C is never read back, so it needs none."""
        edges = [self.b.nnz, *(edge for columns in self._kept for edge in (columns.start, columns.stop))]
        edges.append(len(self._b.columns))
        start, beyond = max(zip(edges[::2], edges[1::2], strict=True), key=lambda gap: gap[1] - gap[0])
        if last or start >= beyond:
            return Keep(-1, 0, NOTHING)
        return Keep(start, beyond, np.empty(rows, np.int64))

    @cached_property
    def _alike(self) -> bool:
        """Whether all rows of B hold the same columns."""
        rows, length = self.b.shape[0], int(self.b.indptr[1]) if self.b.shape[0] else 0
        if length == 0 or (self.b.row_lengths != length).any():
            return False
        lines = self.b.indices.reshape(rows, length)
        # Most matrices already differ between the first and the last row.
        return bool((lines[-1] == lines[0]).all() and (lines == lines[0]).all())

    @cached_property
    def _columns_in_one(self) -> int:
        """Columns of C simulated as one: if all rows of B are alike, so are its non-empty columns."""
        return int(self.b.indptr[1]) if self._alike else 1

    @cached_property
    def _b(self) -> BRows:
        if self._alike:
            rows, products = self.b.shape[0], np.array([0, self._columns_in_one])
            indptr, columns = np.arange(rows + 1, dtype=np.int64), np.zeros(rows, np.int32)
            return BRows(indptr.astype(np.int32), columns, self._lane_cycles(products), True)
        products = np.arange(int(self.b.row_lengths.max(initial=0)) + 1)
        several_rounds = len(self.leaves.lengths) > 1 << self.layers
        room = KEPT_PER_NON_ZERO * (self.leaves.a.nnz + self.b.nnz) if several_rounds else 0
        index = index_type(max(self.b.nnz + room, self.b.shape[1]))
        columns = np.empty(self.b.nnz + room, index)
        columns[: self.b.nnz] = self.b.indices
        return BRows(self.b.indptr.astype(index), columns, self._lane_cycles(products), False)

    def _lane_cycles(self, products: IntArray) -> IntArray:
        return np.maximum(1, -(-products // self.lanes))

    @cached_property
    def _tree(self) -> Tree:
        inputs = 1 << self.layers
        seen = np.zeros(1 if self._alike else self.b.shape[1], np.int32)
        highest = int(np.iinfo(seen.dtype).max) - 3 * inputs  # leaves space for the keys of the next row
        return Tree(seen, np.zeros(2, np.int64), highest, entered_by_difference(self.layers))


def entered_by_difference(layers: int) -> IntArray:
    """int64[2 x inputs]: what an element adds to the packed counters, by p ^ q for its place p.

    q is the latest place that held the same row and column; `inputs` or more stands for none. An input of layer l is
    the union of 2^l places, so the element enters it on its own unless p and q agree in all but the lowest l bits: then
    a lower layer has added the two. Places are visited in ascending order, so no earlier place is closer to p than q.
    Counter `layers` counts the results; every counter has 63 // (layers + 1) bits.
    """
    differences = np.arange(2 << layers)
    width = COUNTER_BITS // (layers + 1)
    entered = np.zeros_like(differences)
    for layer in range(layers + 1):
        entered += np.where(differences >> layer, 1 << layer * width, 0)
    return entered


def _fused(ranges: list[Range]) -> list[Range]:
    """The same leaves in as few ranges as possible, ascending."""
    fused: list[Range] = []
    for low, beyond in sorted(ranges):
        if fused and fused[-1][1] == low:
            low = fused.pop()[0]
        fused.append((low, beyond))
    return fused


def _feeds(current: Round, taken: list[PatternPartial]) -> Feeds:
    """The inputs of a round by place: runs of new leaves, highest first, with stored partials between them."""
    feeds: list[tuple[int, int, int, int, int]] = []
    beyond, place, kept = current.leaves[1], 0, 0
    for stored_place, partial in zip(current.stored_places, taken, strict=True):
        if place < stored_place:
            feeds.append((place, 1, beyond - stored_place + place, beyond, -1))
        feeds += [(stored_place, 0, low, high, -1) for low, high in partial.walked]
        feeds += [(stored_place, 0, 0, 0, kept + number) for number in range(len(partial.kept))]
        beyond, place, kept = beyond - stored_place + place, stored_place + 1, kept + len(partial.kept)
    if current.leaves[0] < beyond:
        feeds.append((place, 1, current.leaves[0], beyond, -1))
    return Feeds(*np.array(feeds, np.int64).T.copy())


def _start(columns: KeptRows) -> int:
    return columns.start


def _joined(kept: list[KeptRows]) -> Kept:
    """All kept results, each followed by the entry that ends it."""
    return Kept(
        np.cumsum([0] + [len(columns.rows) + 1 for columns in kept]),
        np.concatenate([NOTHING, *(part for columns in kept for part in (columns.rows, END))]),
        np.concatenate([NOTHING, *(part for columns in kept for part in ([columns.start], columns.ends))]),
        np.concatenate([NOTHING, *(part for columns in kept for part in (columns.ends, END))]),
    )
