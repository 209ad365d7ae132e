"""Jitted loops over CSR arrays and dense rows; int64 everywhere."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.floating[Any]]


@kernel
def first_canonical_violation(indptr: IntArray, indices: IntArray, columns: int) -> int:
    """First row whose columns do not ascend strictly within 0..columns-1, or -1."""
    for row in range(len(indptr) - 1):
        if indptr[row + 1] < indptr[row] or indptr[row + 1] > len(indices):
            return row
        columns_of_row = indices[indptr[row] : indptr[row + 1]]
        disorder = 0
        for position in range(columns_of_row.size - 1):
            disorder += columns_of_row[position] >= columns_of_row[position + 1]
        if columns_of_row.size > 0:
            disorder += columns_of_row[0] < 0 or columns_of_row[-1] >= columns
        if disorder > 0:
            return row
    return -1


def pattern_of_rows(dense: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """CSR arrays (indptr, indices, values) of the non-zeros of a C-contiguous 2-D array.

    NumPy allocates them, in large pages: the many small pages that a kernel gets cost more than all the rest.
    """
    indptr = np.zeros(dense.shape[0] + 1, np.int64)
    count_rows(dense, indptr)
    nnz = int(indptr[-1])
    indices, values = np.empty(nnz + 1, np.int64), np.empty(nnz + 1, dense.dtype)
    fill_rows(dense, indptr, indices, values)
    return indptr, indices[:nnz], values[:nnz]


@kernel
def count_rows(dense: FloatArray, indptr: IntArray) -> None:
    """Set `indptr [rows + 1]` to the offsets of the rows among the non-zeros."""
    indptr[0] = 0
    for i in range(dense.shape[0]):
        count = 0
        for entry in dense[i]:
            count += entry != 0
        indptr[i + 1] = indptr[i] + count


@kernel
def fill_rows(dense: FloatArray, indptr: IntArray, indices: IntArray, values: FloatArray) -> None:
    """Write columns and values of the non-zeros to `indices` and `values`, both [nnz + 1].

    Every entry is written, and only past non-zeros the position advances: no branch to mispredict. Zeros at the end
    go to the place of the next row's first non-zero, or to the one beyond the last.
    """
    for i in range(dense.shape[0]):
        row, columns, entries = dense[i], indices[indptr[i] :], values[indptr[i] :]
        position = 0
        for j in range(row.size):
            columns[position] = j
            entries[position] = row[j]
            position += row[j] != 0


@kernel
def transposed_pattern(columns: int, indptr: IntArray, indices: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Offsets, rows and source positions of the transpose (a counting sort by column)."""
    nnz = len(indices)
    out_indptr = np.zeros(columns + 1, np.int64)
    for position in range(nnz):
        out_indptr[indices[position] + 1] += 1
    for column in range(columns):
        out_indptr[column + 1] += out_indptr[column]
    cursor = out_indptr[:columns].copy()
    rows = np.empty(nnz, np.int64)
    order = np.empty(nnz, np.int64)
    for row in range(len(indptr) - 1):
        for position in range(indptr[row], indptr[row + 1]):
            slot = cursor[indices[position]]
            rows[slot] = row
            order[slot] = position
            cursor[indices[position]] = slot + 1
    return out_indptr, rows, order


@kernel
def first_group_violation(indptr: IntArray, indices: IntArray, keep: int, of: int) -> tuple[int, int, int, int]:
    """First group of `of` consecutive columns with more than `keep` non-zeros.

    Returns (row, first column of the group, its non-zeros, number of such groups), or (-1, -1, 0, 0).
    """
    found_row, found_column, found_count, groups = -1, -1, 0, 0
    if of & (of - 1) == 0 and not _crowded(indptr, indices, keep, of):
        return found_row, found_column, found_count, groups
    for row in range(len(indptr) - 1):
        group, count = -1, 0
        for position in range(indptr[row], indptr[row + 1]):
            if indices[position] // of != group:
                group, count = indices[position] // of, 0
            count += 1
            if count == keep + 1:
                groups += 1
                if found_row < 0:
                    found_row, found_column = row, group * of
            if row == found_row and group * of == found_column:
                found_count = count
    return found_row, found_column, found_count, groups


@kernel
def _crowded(indptr: IntArray, indices: IntArray, keep: int, of: int) -> bool:
    """Whether any group of `of`, a power of two, holds more than `keep`: without a division or a branch per entry."""
    shift = 0
    while of >> shift > 1:
        shift += 1
    for row in range(len(indptr) - 1):
        columns = indices[indptr[row] : indptr[row + 1]]
        crowded = 0
        for position in range(columns.size - keep):
            crowded += columns[position] >> shift == columns[position + keep] >> shift
        if crowded > 0:
            return True
    return False


@kernel
def unit_pattern(indptr: IntArray, indices: IntArray, columns: int, rows: int, width: int) -> tuple[IntArray, IntArray]:
    """Offsets and columns of the `rows` x `width` units that hold a non-zero, in a grid from the top left corner.

    Two passes over the units of a row of units: the first counts, the second writes.
    """
    unit_rows, units = (len(indptr) + rows - 2) // rows, (columns + width - 1) // width
    out_indptr = np.zeros(unit_rows + 1, np.int64)
    newest = np.full(units, -1, np.int64)
    for row in range(len(indptr) - 1):
        for position in range(indptr[row], indptr[row + 1]):
            unit = indices[position] // width
            if newest[unit] != row // rows:
                newest[unit] = row // rows
                out_indptr[row // rows + 1] += 1
    for unit_row in range(unit_rows):
        out_indptr[unit_row + 1] += out_indptr[unit_row]
    out_indices = np.empty(out_indptr[unit_rows], np.int64)
    filled = 0
    newest[:] = -1
    for unit_row in range(unit_rows):
        first, last = indptr[unit_row * rows], indptr[min((unit_row + 1) * rows, len(indptr) - 1)]
        for position in range(first, last):
            newest[indices[position] // width] = unit_row
        for unit in range(units):
            if newest[unit] == unit_row:
                out_indices[filled] = unit
                filled += 1
    return out_indptr, out_indices
