"""Runs the merge rounds on positions alone and collects what every chunk of rows does."""

from dataclasses import dataclass, field

import numpy as np

from sparsesim.accelerators.condensed_outer_product.arrays import LOADS, IntArray, Share, Stored, Tree
from sparsesim.accelerators.condensed_outer_product.kernels import merge_round, row_products, united
from sparsesim.accelerators.condensed_outer_product.leaves import Leaves
from sparsesim.accelerators.condensed_outer_product.rounds import Round
from sparsesim.tensors import SparseMatrix

PRODUCTS_PER_CHUNK = 8
"""A chunk has at least about so many multiplications; rows of small matrices are steps of their own."""

SCRATCH = 1024
"""Elements whose loads are added up at a time, besides one row of B."""

NOTHING = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class PatternPartial:
    """Positions of a round's result: row rows[i] holds columns[offsets[i] : offsets[i + 1]], unsorted.

    The final result keeps its number of non-zeros only.
    """

    round_number: int
    nnz: int
    rows: IntArray
    offsets: IntArray
    columns: IntArray


@dataclass(frozen=True, eq=False)
class RoundFigures:
    """What one round did.

    Attributes:
        reads: numbers of the rounds whose results it read back.
        chunks: int64[chunks, figures], columns named in `arrays`.
    """

    reads: tuple[int, ...]
    chunks: IntArray


@dataclass(eq=False)
class PatternMerge:
    """Called once per round. After the last one, `rounds` and `stream` describe the whole run.

    Attributes:
        leaves: operand A.
        b: operand B.
        layers: of the merge tree.
        lanes: multipliers that work on one element of A.
        chunks_per_round: largest number of chunks.
        stream: int64[nnz(A)], the B row of every A element in the order of visits.
        rounds: figures of the rounds so far.
    """

    leaves: Leaves
    b: SparseMatrix
    layers: int
    lanes: int
    chunks_per_round: int
    stream: IntArray = field(init=False)
    rounds: list[RoundFigures] = field(default_factory=list)

    def __post_init__(self) -> None:
        columns = self.b.shape[1]
        self.stream = np.empty(self.leaves.a.nnz, np.int64)
        self._tree = Tree(np.zeros(columns, np.int64), np.empty(columns + SCRATCH, np.int64), np.zeros(1, np.int64))
        self._visited = 0

    def __call__(self, current: Round, taken: list[PatternPartial]) -> PatternPartial:
        """Merge one round."""
        share, stored = self._share(current, taken), _stored(current, taken)
        products = row_products(share, self.leaves.elements.columns, self.b.row_lengths)
        chunks = self._chunks(products)
        figures = np.zeros((len(chunks) - 1, LOADS + self.layers + 1), np.int64)
        kept, offsets = self._room(current, products, stored), np.zeros(len(share.rows) + 1, np.int64)
        merge_round(
            share,
            self.leaves.elements,
            stored,
            self.b.indptr,
            self.b.indices,
            self._tree,
            chunks,
            self.lanes,
            self.stream[self._visited :],
            kept,
            offsets,
            figures,
        )
        self._visited += int((share.stop - share.start).sum())
        self.rounds.append(RoundFigures(tuple(partial.round_number for partial in taken), figures))
        columns = kept[: offsets[-1]].copy()
        return PatternPartial(current.number, int(figures[:, -1].sum()), share.rows, offsets, columns)

    def _share(self, current: Round, taken: list[PatternPartial]) -> Share:
        lowest, beyond = current.leaves
        rows = self.leaves.rows(lowest, beyond)
        for partial in taken:
            rows = united(rows, partial.rows)
        start, stop = self.leaves.ranges(rows, lowest, beyond)
        return Share(rows, start, stop, lowest, np.array(current.leaf_places[::-1], np.int64))

    def _chunks(self, products: IntArray) -> IntArray:
        """Edges between chunks of rows with about equally many multiplications."""
        work = np.cumsum(products + 1)
        total = int(work[-1])
        count = max(1, min(self.chunks_per_round, total // PRODUCTS_PER_CHUNK))
        cuts = np.searchsorted(work, np.arange(1, count) * total // count)
        return np.unique(np.concatenate(([0], cuts, [len(products)])))

    def _room(self, current: Round, products: IntArray, stored: Stored) -> IntArray:
        """Space for the largest result that the round can have; none if it is C, which is only counted."""
        if current.last:
            return NOTHING
        return np.empty(int(np.minimum(products, self.b.shape[1]).sum()) + len(stored.columns) + 1, np.int64)


def _stored(current: Round, taken: list[PatternPartial]) -> Stored:
    first = np.cumsum([0] + [len(partial.rows) for partial in taken])
    starts = np.cumsum([0] + [partial.nnz for partial in taken])
    offsets = [partial.offsets[:-1] + start for partial, start in zip(taken, starts, strict=False)]
    return Stored(
        np.array(current.stored_places, np.int64),
        first,
        np.concatenate([NOTHING, *(partial.rows for partial in taken)]),
        np.concatenate([*offsets, starts[-1:]]),
        np.concatenate([NOTHING, *(partial.columns for partial in taken)]),
    )
