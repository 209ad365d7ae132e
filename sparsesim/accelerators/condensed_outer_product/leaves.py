"""The leaves of the merge tree: condensed columns of A, or its raw columns."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.accelerators.condensed_outer_product.arrays import Elements, IndexArray, index_type
from sparsesim.accelerators.condensed_outer_product.order_kernels import introsorted, sort_by_leaf
from sparsesim.accelerators.condensed_outer_product.rounds import TieOrder
from sparsesim.array_types import IntArray
from sparsesim.tensors import SparseMatrix

NO_LEAF = np.zeros(0, np.int64)

Range = tuple[int, int]
"""Lowest leaf, and one past the highest."""


@dataclass(frozen=True, eq=False)
class Leaves(ABC):
    """The leaves of A in order, and A's elements sorted by leaf within each row.

    A round takes a contiguous range of leaves, so a row's share of it is a contiguous range of elements.
    """

    a: SparseMatrix

    @property
    @abstractmethod
    def lengths(self) -> IntArray:
        """int64[leaves]: non-zeros of each leaf."""

    @property
    @abstractmethod
    def elements(self) -> Elements:
        """Row of B and leaf of every element."""

    @property
    @abstractmethod
    def order(self) -> IntArray:
        """int64[nnz(A)]: permutation from the order of A to that of `elements`."""

    @abstractmethod
    def rows_of(self, ranges: list[Range]) -> IntArray:
        """Ascending rows with elements in any of these leaves."""

    @abstractmethod
    def ranges(self, rows: IntArray, lowest: int, beyond: int) -> tuple[IntArray, IntArray]:
        """First element, and one past the last, of leaves lowest..beyond - 1 in each of `rows`."""

    def rows(self, lowest: int, beyond: int) -> IntArray:
        """Ascending rows with elements in leaves lowest..beyond - 1."""
        return self.rows_of([(lowest, beyond)] if lowest < beyond else [])


def by_length(lengths: IntArray, ties: TieOrder) -> IntArray:
    """Condensed columns in the order that the Huffman scheduler takes them, shortest first."""
    if ties == "introsort":
        return introsorted(lengths)
    if ties == "stable":
        return np.argsort(lengths, kind="stable")
    return np.arange(len(lengths))[::-1]


@dataclass(frozen=True, eq=False)
class CondensedColumns(Leaves):
    """Condensed column j holds the j-th non-zero of every row, so lengths are non-increasing in j.

    The leaf of an element is its place within its row, and a range of leaves concerns exactly the rows long enough to
    reach it, so no index of leaves is needed. Equally long columns hold the same rows, so reordering them keeps a row's
    share of a round contiguous.

    Attributes:
        ties: order of equally long columns for the Huffman scheduler; None leaves all columns in place.
    """

    ties: TieOrder | None = None

    @cached_property
    def lengths(self) -> IntArray:
        """int64[longest row]: rows with more than j non-zeros."""
        # Column j has an element in every row longer than j: a cumulative sum from the longest rows down.
        rows_by_length = np.bincount(self.a.row_lengths)
        return np.ascontiguousarray(np.cumsum(rows_by_length[:0:-1])[::-1], np.int64)

    @cached_property
    def _columns(self) -> IntArray:
        """int64[leaves]: the condensed column of each leaf; reversed, because the scheduler starts at the last leaf."""
        if self.ties is None:
            return np.arange(len(self.lengths))
        return np.ascontiguousarray(by_length(self.lengths, self.ties)[::-1])

    @cached_property
    def elements(self) -> Elements:
        """The columns of A, reordered; the leaf is the place within the row."""
        return Elements(self.a.indptr, self._sorted(self.a.indices, index_type(self.a.shape[1])), NO_LEAF)

    @cached_property
    def order(self) -> IntArray:
        """Swaps only elements of equally long columns."""
        return self._sorted(np.arange(self.a.nnz), np.int64)

    def _sorted(self, values: IntArray, dtype: type[np.signedinteger[Any]]) -> NDArray[Any]:
        """One value per element of A, by leaf within each row."""
        moved = np.flatnonzero(self._columns != np.arange(len(self._columns)))
        out = values.astype(dtype)
        if len(moved):
            # Shorter rows reach none of the columns that move.
            rows = self.rows(int(moved[0]), len(self._columns))
            sort_by_leaf(rows, int(moved[0]), self.a.indptr, self._columns, values, out)
        return out

    @cached_property
    def _longer(self) -> dict[int, IntArray]:
        """Ascending rows with at least this many elements, for powers of two."""
        return {1: np.flatnonzero(self.a.row_lengths)}

    def _rows_from(self, power: int) -> IntArray:
        # A few long rows can have many leaves, and a leaf should not cost a scan of all rows: each power of two filters
        # the rows of the one before.
        if power not in self._longer:
            rows = self._rows_from(power // 2)
            self._longer[power] = rows[self.a.row_lengths[rows] >= power]
        return self._longer[power]

    def rows_of(self, ranges: list[Range]) -> IntArray:
        """Rows long enough to reach the lowest of the leaves."""
        if not ranges:
            return NO_LEAF
        lowest = min(low for low, _ in ranges)
        power = 1 << ((lowest + 1).bit_length() - 1)
        rows = self._rows_from(power)
        return rows if power > lowest else rows[self.a.row_lengths[rows] > lowest]

    def ranges(self, rows: IntArray, lowest: int, beyond: int) -> tuple[IntArray, IntArray]:
        """Straight from indptr."""
        start, stop = self.a.indptr[rows], self.a.indptr[rows + 1]
        return np.minimum(start + lowest, stop), np.minimum(start + beyond, stop)


@dataclass(frozen=True, eq=False)
class RawColumns(Leaves):
    """The non-empty columns of A: longest first (ties by column), or in their own order."""

    longest_first: bool = True

    @cached_property
    def _columns(self) -> IntArray:
        counts = np.bincount(self.a.indices, minlength=self.a.shape[1])
        columns = np.flatnonzero(counts)
        return columns[np.argsort(-counts[columns], kind="stable")] if self.longest_first else columns

    @cached_property
    def lengths(self) -> IntArray:
        """int64[leaves]: non-zeros of each column."""
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
        columns: IndexArray = self.a.indices[self.order].astype(index_type(self.a.shape[1]))
        return Elements(self.a.indptr, columns, self._leaf_of[self.order])

    @cached_property
    def _keys(self) -> IntArray:
        return self._row_of * len(self.lengths) + self.elements.leaf

    @cached_property
    def _rows_by_leaf(self) -> IntArray:
        return self._row_of[np.argsort(self._leaf_of, kind="stable")]

    @cached_property
    def _leaf_offsets(self) -> IntArray:
        return np.concatenate(([0], np.cumsum(self.lengths)))

    def rows_of(self, ranges: list[Range]) -> IntArray:
        """The union of the columns' rows."""
        at = self._leaf_offsets
        return np.unique(
            np.concatenate([NO_LEAF, *(self._rows_by_leaf[at[low] : at[beyond]] for low, beyond in ranges)])
        )

    def ranges(self, rows: IntArray, lowest: int, beyond: int) -> tuple[IntArray, IntArray]:
        """By binary search over (row, leaf) packed into one sorted key."""
        base = rows * len(self.lengths)
        return np.searchsorted(self._keys, base + lowest), np.searchsorted(self._keys, base + beyond)


def leaves_of(a: SparseMatrix, condensing: bool, huffman: bool, ties: TieOrder = "introsort") -> Leaves:
    """Condensed or raw columns, in the order that the scheduler needs."""
    return CondensedColumns(a, ties if huffman else None) if condensing else RawColumns(a, longest_first=huffman)
