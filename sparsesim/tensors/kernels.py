"""Jitted loops over CSR arrays and dense rows; int64 everywhere."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel, over_rows
from sparsesim.array_types import FloatArray, IntArray

SLAB = 1 << 17  # entries that are compared with zero at a time: they and the result stay in the cache


@kernel
def first_canonical_violation(indptr: IntArray, indices: IntArray, columns: int) -> int:
    """First row whose columns do not ascend strictly within 0..columns-1, or -1."""
    for row in range(len(indptr) - 1):
        if indptr[row + 1] < indptr[row] or indptr[row + 1] > len(indices):
            return row
        columns_of_row = indices[indptr[row] : indptr[row + 1]]
        disorder = 0  # counted to the end of the row: a loop without an exit becomes vector instructions
        for position in range(columns_of_row.size - 1):
            disorder += columns_of_row[position] >= columns_of_row[position + 1]
        if columns_of_row.size > 0:
            disorder += columns_of_row[0] < 0 or columns_of_row[-1] >= columns
        if disorder > 0:
            return row
    return -1


def pattern_of_rows(dense: NDArray[Any], threads: int = 1) -> tuple[IntArray, IntArray]:
    """(indptr, indices) of the non-zeros of a C-contiguous 2-D array of numbers or booleans.

    One bit per entry is all that is kept in between. NumPy allocates the results: it uses large pages, and faulting
    in the many small pages of an array that a kernel allocates would cost more than everything else. The result does
    not depend on `threads`.
    """
    rows, columns = dense.shape
    bits = np.empty((rows, -(-columns // 8)), np.uint8)
    indptr = np.zeros(rows + 1, np.int64)

    def count(first: int, stop: int) -> None:
        _pack_rows(dense[first:stop], bits[first:stop])
        indptr[first + 1 : stop + 1] = np.bitwise_count(bits[first:stop]).sum(axis=1, dtype=np.int64)

    over_rows(count, rows, threads, columns)
    np.cumsum(indptr, out=indptr)
    indices = np.empty(int(indptr[-1]), np.int64)
    over_rows(
        lambda first, stop: fill_rows(bits[first:stop], indptr[first : stop + 1], indices), rows, threads, columns
    )
    return indptr, indices


def values_of_rows(dense: FloatArray, indptr: IntArray, indices: IntArray, threads: int = 1) -> FloatArray:
    """The entries of a C-contiguous 2-D array at the positions of a CSR pattern."""
    values = np.empty(indices.size, dense.dtype)

    def gather(first: int, stop: int) -> None:
        gather_rows(dense[first:stop], indptr[first : stop + 1], indices, values)

    over_rows(gather, dense.shape[0], threads, dense.shape[1])
    return values


def _pack_rows(dense: NDArray[Any], bits: NDArray[np.uint8]) -> None:
    """One bit per entry, set where it is not zero; a few rows at a time, so that the comparison stays in the cache."""
    step = max(1, SLAB // max(1, dense.shape[1]))
    for top in range(0, dense.shape[0], step):
        part = dense[top : top + step]
        bits[top : top + step] = np.packbits(part if part.dtype == np.bool_ else part != 0, axis=1, bitorder="little")


@kernel
def fill_rows(bits: NDArray[np.uint8], indptr: IntArray, indices: IntArray) -> None:
    """Write the columns of the set bits of `bits [rows, ceil(columns / 8)]` to indices[indptr[0] : indptr[rows]].

    Bytes that are not zero are gathered first. For each of them a table gives eight columns, which are all written
    to a row buffer; the position then advances by the number of set bits alone, so that the next byte overwrites the
    rest. There is no branch that could be mispredicted.
    """
    places, counts = np.zeros((256, 8), np.int32), np.zeros(256, np.int64)
    for byte in range(256):
        for bit in range(8):
            if (byte >> bit) & 1:
                places[byte, counts[byte]] = bit
                counts[byte] += 1
    occupied, buffer = np.empty(bits.shape[1] + 1, np.int32), np.empty(8 * bits.shape[1] + 8, np.int32)
    for i in range(bits.shape[0]):
        row, number, position = bits[i], 0, 0
        for j in range(row.size):
            occupied[number] = j
            number += row[j] != 0
        for j in occupied[:number]:
            byte, column = row[j], np.int32(8 * j)
            place, out = places[byte], buffer[position : position + 8]
            for k in range(8):
                out[k] = column | place[k]
            position += counts[byte]
        indices[indptr[i] : indptr[i + 1]] = buffer[:position]


@kernel
def gather_rows(dense: FloatArray, indptr: IntArray, indices: IntArray, values: FloatArray) -> None:
    """Set values[indptr[0] : indptr[rows]] to the entries of `dense` at these columns."""
    for i in range(dense.shape[0]):
        row = dense[i]
        for position in range(indptr[i], indptr[i + 1]):
            values[position] = row[indices[position]]


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
    # Most matrices that are asked about obey the rule; the fast check answers for those.
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
    # Columns ascend, so a group holds more than `keep` exactly where entries p and p + keep lie in the same one.
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
def cell_pattern(indptr: IntArray, indices: IntArray, columns: int, rows: int, width: int) -> tuple[IntArray, IntArray]:
    """CSR offsets and columns of the `rows` x `width` cells that hold a non-zero, in a grid from the top left corner.

    Two passes: the first counts the cells of every row of cells, the second writes them. `newest` remembers the row
    of cells that touched a column of cells last, so that it never has to be cleared within a pass. The second pass
    looks at every column of cells, which gives them in ascending order without a sort.
    """
    cell_rows, cells = (len(indptr) + rows - 2) // rows, (columns + width - 1) // width
    out_indptr = np.zeros(cell_rows + 1, np.int64)
    newest = np.full(cells, -1, np.int64)
    for row in range(len(indptr) - 1):
        for position in range(indptr[row], indptr[row + 1]):
            cell = indices[position] // width
            if newest[cell] != row // rows:
                newest[cell] = row // rows
                out_indptr[row // rows + 1] += 1
    for cell_row in range(cell_rows):
        out_indptr[cell_row + 1] += out_indptr[cell_row]
    out_indices = np.empty(out_indptr[cell_rows], np.int64)
    filled = 0
    newest[:] = -1
    for cell_row in range(cell_rows):
        first, last = indptr[cell_row * rows], indptr[min((cell_row + 1) * rows, len(indptr) - 1)]
        for position in range(first, last):
            newest[indices[position] // width] = cell_row
        for cell in range(cells):
            if newest[cell] == cell_row:
                out_indices[filled] = cell
                filled += 1
    return out_indptr, out_indices
