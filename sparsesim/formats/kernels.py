"""Jitted loops of the formats: the counts that sizes need, and the slots of structured patterns."""

import numpy as np

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray


@kernel
def count_blocks(indptr: IntArray, indices: IntArray, columns: int, block_rows: int, block_columns: int) -> int:
    """Blocks with at least one non-zero, in a grid anchored at the top left corner.

    `last` remembers the newest block row that touched a block column, so no clearing is needed.
    """
    rows = len(indptr) - 1
    last = np.full((columns + block_columns - 1) // block_columns, -1, np.int64)
    blocks = 0
    for row in range(rows):
        block_row, end = row // block_rows, 0
        for position in range(indptr[row], indptr[row + 1]):
            if indices[position] < end:  # in the block of the entry before: no division needed
                continue
            block = indices[position] // block_columns
            end = (block + 1) * block_columns
            blocks += last[block] != block_row
            last[block] = block_row
    return blocks


@kernel
def count_diagonals(indptr: IntArray, indices: IntArray, columns: int) -> tuple[int, int]:
    """(diagonals with at least one non-zero, their total length inside the matrix)."""
    rows = len(indptr) - 1
    occupied = np.zeros(rows + columns, np.int64)
    for row in range(rows):
        for position in range(indptr[row], indptr[row + 1]):
            occupied[indices[position] - row + rows] = 1
    diagonals, length = 0, 0
    for slot in range(rows + columns):
        if occupied[slot]:
            offset = slot - rows
            diagonals += 1
            length += min(rows + min(offset, 0), columns - max(offset, 0))
    return diagonals, length


@kernel
def count_run_padding(indptr: IntArray, indices: IntArray, columns: int, run_bits: int) -> int:
    """Padding entries of a row-major run-length code: one for every 2**run_bits zeros before a non-zero."""
    padding, previous = 0, -1
    for row in range(len(indptr) - 1):
        for position in range(indptr[row], indptr[row + 1]):
            here = row * columns + indices[position]
            # A padding entry covers 2**run_bits positions: the longest run of zeros, and its own explicit zero.
            padding += (here - previous - 1) >> run_bits
            previous = here
    return padding


@kernel
def count_gap_padding(indptr: IntArray, indices: IntArray, columns: int, gap_bits: int) -> int:
    """Padding entries of a relative-index code that restarts in every column, counted in one pass over the rows."""
    last = np.full(columns, -1, np.int64)
    padding = 0
    for row in range(len(indptr) - 1):
        for position in range(indptr[row], indptr[row + 1]):
            column = indices[position]
            padding += (row - last[column] - 1) >> gap_bits
            last[column] = row
    return padding


@kernel
def count_row_gap_padding(indptr: IntArray, indices: IntArray, gap_bits: int) -> int:
    """Padding entries of a relative-index code that restarts in every row."""
    padding = 0
    for row in range(len(indptr) - 1):
        last = -1
        for position in range(indptr[row], indptr[row + 1]):
            padding += (indices[position] - last - 1) >> gap_bits
            last = indices[position]
    return padding


@kernel
def group_slots(indptr: IntArray, indices: IntArray, groups: int, keep: int, of: int) -> tuple[IntArray, IntArray]:
    """Fill `keep` slots of every group of `of` columns, in ascending column order.

    Returns (sources, places): the non-zero that a slot holds or -1 for padding, and the slot's column within
    its group. Padding takes the first free places, so that the places of a group are distinct and ascend.
    No group may hold more than `keep` non-zeros.
    """
    rows = len(indptr) - 1
    sources = np.full(rows * groups * keep, -1, np.int64)
    places = np.zeros(rows * groups * keep, np.int64)
    slot = 0
    for row in range(rows):
        position, end = indptr[row], indptr[row + 1]
        for group in range(groups):
            stop = position
            while stop < end and indices[stop] < (group + 1) * of:
                stop += 1
            padding = keep - (stop - position)
            for place in range(of):
                if position < stop and indices[position] == group * of + place:
                    sources[slot] = position
                    position += 1
                elif padding > 0:  # a free place before all slots are accounted for: it becomes a zero slot
                    padding -= 1
                else:
                    continue
                places[slot] = place
                slot += 1
    return sources, places
