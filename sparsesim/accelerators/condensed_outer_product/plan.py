"""The work of the merge rounds and the prefetcher, step by step."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.accelerators.condensed_outer_product.arrays import (
    A_ELEMENTS,
    LANE_CYCLES,
    LOADS,
    STORED_READ,
    IndexArray,
    index_type,
)
from sparsesim.accelerators.condensed_outer_product.pattern_merge import PatternMerge, RoundFigures
from sparsesim.accelerators.condensed_outer_product.prefetch_kernels import Records, first_reads, prefetch
from sparsesim.array_types import BoolArray, IntArray
from sparsesim.tensors import SparseMatrix


@dataclass(frozen=True)
class BRecords:
    """Layout of B in DRAM: a record per row, cut into lines, and an array of their positions.

    Attributes:
        element_bytes: index and value of one element.
        length_bytes: length field in front of each record.
        position_bytes: entry of the array of positions, read with the first line of a record.
        line_bytes: line of the prefetch buffer.
    """

    element_bytes: int
    length_bytes: int
    position_bytes: int
    line_bytes: int

    def row_bytes(self, b: SparseMatrix) -> IntArray:
        """int64[rows]: bytes of every record."""
        return self.length_bytes + self.element_bytes * b.row_lengths

    def misses(self, b: SparseMatrix, stream: IndexArray, ends: IntArray, lines: int, window: int) -> IntArray:
        """int64[chunks, 3]: bytes fetched, lines used and lines fetched, for `stream` cut at `ends`; see `prefetch`."""
        row_bytes, index = self.row_bytes(b), index_type(max(len(stream), self._lines(b.nnz, b.shape[0])))
        records = Records(row_bytes, self._first_line(row_bytes, index), self.line_bytes, self.position_bytes)
        stream = stream.astype(index, copy=False)
        # If all of B fits, nothing is ever evicted, so the window and next uses do not matter.
        if records.first_line[-1] <= lines:
            return first_reads(stream, ends, records)
        return prefetch(stream, ends, records, lines, window)

    def _lines(self, nnz: int, rows: int) -> int:
        """An upper bound on the lines of all rows."""
        return rows + (self.length_bytes * rows + self.element_bytes * nnz) // self.line_bytes

    def _first_line(self, row_bytes: IntArray, index: type[np.signedinteger[Any]]) -> IndexArray:
        first_line = np.arange(len(row_bytes) + 1, dtype=index)
        if row_bytes.max(initial=0) > self.line_bytes:  # else every row is one line, and the cumulative sum is known
            np.cumsum(-(-row_bytes // self.line_bytes), out=first_line[1:])
        return first_line


@dataclass(frozen=True, eq=False)
class MergeWork:
    """One step for every chunk of rows of every round.

    Attributes:
        rounds: merge rounds; 0 if A is empty, which still gives one step, without work.
        first_step: int64[rounds + 1], first step of every round; [0, 1] without rounds.
        reads: by round, numbers of the rounds with results that it reads back.
        figures: int64[steps, ...], columns named in `arrays`.
        b_lines: int64[steps, 3], bytes of B fetched, lines used, lines fetched.
    """

    rounds: int
    first_step: IntArray
    reads: tuple[tuple[int, ...], ...]
    figures: IntArray
    b_lines: IntArray

    @property
    def a_elements(self) -> IntArray:
        """int64[steps]: elements of A."""
        return self.figures[:, A_ELEMENTS]

    @property
    def stored_read(self) -> IntArray:
        """int64[steps]: elements of stored partials read back."""
        return self.figures[:, STORED_READ]

    @property
    def results(self) -> IntArray:
        """int64[steps]: elements that leave the root of the tree."""
        return self.figures[:, -1]

    @cached_property
    def is_last_round(self) -> BoolArray:
        """bool[steps]: whether results are elements of C rather than of a stored partial."""
        last: BoolArray = np.arange(len(self.figures)) >= self.first_step[-2]
        return last

    @cached_property
    def layer_loads(self) -> list[int]:
        """Elements entering each layer of the merge tree."""
        return [int(load) for load in self.figures[:, LOADS:-1].sum(axis=0)]

    @cached_property
    def multiplies(self) -> int:
        """Products: elements that enter the tree without having been read back."""
        return int(self.figures[:, LOADS].sum() - self.stored_read.sum())

    @cached_property
    def result_nnz(self) -> int:
        """Non-zeros of C, counting sums that cancel."""
        return int(self.results[self.is_last_round].sum())

    @cached_property
    def stored_nnz(self) -> int:
        """Elements of stored partials, each counted once."""
        return int(self.results.sum()) - self.result_nnz

    def tree_cycles(self, groups: int, merged_per_cycle: int) -> tuple[NDArray[np.float64], BoolArray]:
        """Cycles of the bottleneck, multiplier groups or one layer's merger; all run concurrently.

        Returns float64[steps] and bool[steps]: whether the bottleneck is the merger.
        """
        multiply = self.figures[:, LANE_CYCLES] / groups
        merge = self.figures[:, LOADS:-1].max(axis=1) / merged_per_cycle
        return np.maximum(multiply, merge), merge > multiply


def merge_work(merge: PatternMerge, records: BRecords, lines: int, window: int) -> MergeWork:
    """The work of a finished merge: runs the prefetcher over the order of its B reads, and collects all counts."""
    rounds = merge.rounds or [RoundFigures((), np.zeros((1, LOADS + merge.layers + 1), np.int64))]
    figures = np.concatenate([done.chunks for done in rounds])
    return MergeWork(
        rounds=len(merge.rounds),
        first_step=np.cumsum([0] + [len(done.chunks) for done in rounds]),
        reads=tuple(done.reads for done in rounds),
        figures=figures,
        b_lines=records.misses(merge.b, merge.stream, np.cumsum(figures[:, A_ELEMENTS]), lines, window),
    )
