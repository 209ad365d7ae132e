"""What the kernels count, written as definitions over dense arrays and Python integers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.formats.coding.reference import gaps

Dense = NDArray[Any]


def occupied_blocks(dense: Dense, block_rows: int, block_columns: int) -> int:
    """Blocks that hold at least one non-zero."""
    rows, columns = dense.shape
    return sum(
        bool(dense[row : row + block_rows, column : column + block_columns].any())
        for row in range(0, rows, block_rows)
        for column in range(0, columns, block_columns)
    )


def occupied_diagonals(dense: Dense) -> tuple[int, int]:
    """(occupied diagonals, sum of their lengths)."""
    rows, columns = dense.shape
    diagonals = [np.diagonal(dense, offset) for offset in range(1 - rows, columns)] if dense.size else []
    lengths = [len(diagonal) for diagonal in diagonals if diagonal.any()]
    return len(lengths), sum(lengths)


def longest_row(dense: Dense) -> int:
    """Non-zeros of the fullest row."""
    return max((int(np.count_nonzero(row)) for row in dense), default=0)


def non_empty_rows(dense: Dense) -> int:
    """Rows with at least one non-zero."""
    return sum(bool(row.any()) for row in dense)


def line_padding(line: Dense, bits: int) -> int:
    """Padding entries of one line: those that bridge a run of zeros and store no value."""
    return sum(not stored for _, stored in gaps(np.flatnonzero(line), bits))


def run_padding(dense: Dense, run_bits: int) -> int:
    """Padding of the run-length code: the whole matrix is one row-major line."""
    return line_padding(dense.ravel(), run_bits)


def gap_padding(dense: Dense, gap_bits: int) -> int:
    """Padding of the relative-index code: every column is a line of its own."""
    return sum(line_padding(column, gap_bits) for column in dense.T)


def row_gap_padding(dense: Dense, gap_bits: int) -> int:
    """Padding of the relative-index code along rows: every row is a line of its own."""
    return sum(line_padding(row, gap_bits) for row in dense)


def group_places(group: Dense, keep: int) -> list[int]:
    """Columns of one group that are stored: its non-zeros and, as padding, its first zeros."""
    nonzeros = np.flatnonzero(group).tolist()
    zeros = np.flatnonzero(group == 0).tolist()
    return sorted(nonzeros + zeros[: keep - len(nonzeros)])
