"""How operand A falls into the leaves of the merge tree: condensed columns, or its raw columns."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sparsesim.accelerators.condensed_outer_product.arrays import Elements, IntArray
from sparsesim.tensors import SparseMatrix

NO_LEAF = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Leaves(ABC):
    """The leaves of A in order, and A's elements sorted by leaf within each row.

    A round takes leaves without gaps, so that a row's share of it is a contiguous range of elements.
    """

    a: SparseMatrix

    @property
    @abstractmethod
    def lengths(self) -> IntArray:
        """int64[leaves]: non-zeros of each leaf."""

    @property
    @abstractmethod
    def elements(self) -> Elements:
        """B row and leaf of every element."""

    @property
    @abstractmethod
    def order(self) -> IntArray | slice:
        """Index that brings the values of A into the elements' order."""

    @abstractmethod
    def rows(self, lowest: int, beyond: int) -> IntArray:
        """Ascending rows that hold elements of leaves lowest..beyond - 1."""

    @abstractmethod
    def ranges(self, rows: IntArray, lowest: int, beyond: int) -> tuple[IntArray, IntArray]:
        """First element, and one past the last, of leaves lowest..beyond - 1 in each of `rows`."""


class CondensedColumns(Leaves):
    """Leaf j holds the j-th non-zero of every row. Lengths never increase with j, and A needs no reordering."""

    @cached_property
    def lengths(self) -> IntArray:
        """int64[longest row]: rows with more than j non-zeros."""
        rows_by_length = np.bincount(self.a.row_lengths)
        return np.ascontiguousarray(np.cumsum(rows_by_length[:0:-1])[::-1], np.int64)

    @property
    def elements(self) -> Elements:
        """The arrays of A; the leaf is the place within the row."""
        return Elements(self.a.indptr, self.a.indices, NO_LEAF)

    @property
    def order(self) -> slice:
        """As they are."""
        return slice(None)

    @cached_property
    def _longest_first(self) -> IntArray:
        return np.argsort(-self.a.row_lengths)

    def rows(self, lowest: int, beyond: int) -> IntArray:
        """Rows longer than `lowest`."""
        if beyond <= lowest:
            return NO_LEAF
        count = int(self.lengths[lowest])
        # The leaves of one long row must not cost a scan of all rows each.
        if count < self.a.shape[0] // 16:
            return np.sort(self._longest_first[:count])
        return np.flatnonzero(self.a.row_lengths > lowest)

    def ranges(self, rows: IntArray, lowest: int, beyond: int) -> tuple[IntArray, IntArray]:
        """Straight from indptr."""
        start, stop = self.a.indptr[rows], self.a.indptr[rows + 1]
        return np.minimum(start + lowest, stop), np.minimum(start + beyond, stop)


@dataclass(frozen=True, eq=False)
class RawColumns(Leaves):
    """The non-empty columns of A: longest first (the lower column among equals), or in their own order."""

    longest_first: bool = True

    @cached_property
    def _columns(self) -> IntArray:
        counts = np.bincount(self.a.indices, minlength=self.a.shape[1])
        columns = np.flatnonzero(counts)
        return columns[np.argsort(-counts[columns], kind="stable")] if self.longest_first else columns

    @cached_property
    def lengths(self) -> IntArray:
        """int64[non-empty columns]: their non-zeros."""
        return np.bincount(self.a.indices, minlength=self.a.shape[1])[self._columns]

    @cached_property
    def _leaf_of(self) -> IntArray:
        """Leaf of every element of A in A's own order."""
        leaf_of_column = np.zeros(self.a.shape[1], np.int64)
        leaf_of_column[self._columns] = np.arange(len(self._columns))
        return leaf_of_column[self.a.indices]

    @cached_property
    def _row_of(self) -> IntArray:
        return np.repeat(np.arange(self.a.shape[0]), self.a.row_lengths)

    @cached_property
    def order(self) -> IntArray:
        """By row, then by leaf."""
        return np.lexsort((self._leaf_of, self._row_of))

    @cached_property
    def elements(self) -> Elements:
        """A's columns in that order, with their leaves."""
        return Elements(self.a.indptr, self.a.indices[self.order], self._leaf_of[self.order])

    @cached_property
    def _keys(self) -> IntArray:
        return self._row_of * len(self.lengths) + self.elements.leaf

    @cached_property
    def _rows_by_leaf(self) -> IntArray:
        return self._row_of[np.argsort(self._leaf_of, kind="stable")]

    @cached_property
    def _leaf_offsets(self) -> IntArray:
        return np.concatenate(([0], np.cumsum(self.lengths)))

    def rows(self, lowest: int, beyond: int) -> IntArray:
        """Rows of those columns."""
        return np.unique(self._rows_by_leaf[self._leaf_offsets[lowest] : self._leaf_offsets[beyond]])

    def ranges(self, rows: IntArray, lowest: int, beyond: int) -> tuple[IntArray, IntArray]:
        """By binary search."""
        base = rows * len(self.lengths)
        return np.searchsorted(self._keys, base + lowest), np.searchsorted(self._keys, base + beyond)


def leaves_of(a: SparseMatrix, condensing: bool, huffman: bool) -> Leaves:
    """Condensed columns, or raw columns sorted the way that the scheduler needs them."""
    return CondensedColumns(a) if condensing else RawColumns(a, longest_first=huffman)
