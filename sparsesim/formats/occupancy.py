"""Counts that sizes depend on. For a full tensor they have closed forms, so that its positions are never listed."""

from typing import Final

import numpy as np

from sparsesim.formats.kernels import (
    count_blocks,
    count_diagonals,
    count_gap_padding,
    count_row_gap_padding,
    count_run_padding,
)
from sparsesim.limits import check_memory
from sparsesim.tensors import Tensor
from sparsesim.units import ceil_div

_COUNTER_BYTES: Final = 8
_FEW: Final = 1 << 20
"""So many counters are less than any matrix with as many rows takes, and not worth a question."""


def is_full(tensor: Tensor) -> bool:
    """Whether every entry is a non-zero."""
    return tensor.nnz == tensor.shape[0] * tensor.shape[1]


def occupied_blocks(tensor: Tensor, block_rows: int, block_columns: int) -> int:
    """Blocks with at least one non-zero."""
    rows, columns = tensor.shape
    if is_full(tensor):
        return ceil_div(rows, block_rows) * ceil_div(columns, block_columns)
    _check_counters(tensor.shape, ceil_div(columns, block_columns))
    matrix = tensor.to_sparse()
    return int(count_blocks(matrix.indptr, matrix.indices, columns, block_rows, block_columns))


def occupied_diagonals(tensor: Tensor) -> tuple[int, int]:
    """(diagonals with at least one non-zero, sum of their lengths inside the matrix)."""
    rows, columns = tensor.shape
    if is_full(tensor):
        return (rows + columns - 1, rows * columns) if rows and columns else (0, 0)
    _check_counters(tensor.shape, rows + columns)
    matrix = tensor.to_sparse()
    diagonals, length = count_diagonals(matrix.indptr, matrix.indices, columns)
    return int(diagonals), int(length)


def longest_row(tensor: Tensor) -> int:
    """Non-zeros of the fullest row, which is also the number of condensed columns."""
    rows, columns = tensor.shape
    if is_full(tensor):
        return columns if rows else 0
    return int(tensor.to_sparse().row_lengths.max())


def non_empty_rows(tensor: Tensor) -> int:
    """Rows with at least one non-zero."""
    if is_full(tensor):
        return tensor.shape[0] if tensor.shape[1] else 0
    return int(np.count_nonzero(tensor.to_sparse().row_lengths))


def run_padding(tensor: Tensor, run_bits: int) -> int:
    """Explicit zeros that a row-major run-length code with `run_bits` per run inserts."""
    if is_full(tensor):
        return 0
    matrix = tensor.to_sparse()
    return int(count_run_padding(matrix.indptr, matrix.indices, matrix.shape[1], run_bits))


def gap_padding(tensor: Tensor, gap_bits: int) -> int:
    """Explicit zeros that a relative-index code with `gap_bits` per entry inserts, column by column."""
    if is_full(tensor):
        return 0
    _check_counters(tensor.shape, tensor.shape[1])
    matrix = tensor.to_sparse()
    return int(count_gap_padding(matrix.indptr, matrix.indices, matrix.shape[1], gap_bits))


def row_gap_padding(tensor: Tensor, gap_bits: int) -> int:
    """Explicit zeros that a relative-index code with `gap_bits` per entry inserts, row by row."""
    if is_full(tensor):
        return 0
    matrix = tensor.to_sparse()
    return int(count_row_gap_padding(matrix.indptr, matrix.indices, gap_bits))


def _check_counters(shape: tuple[int, int], counters: int) -> None:
    """Ask for the memory of what kernels count with, which grows with the columns and not with the non-zeros."""
    if counters > _FEW:
        check_memory(f"{counters} counters of a {shape[0]} x {shape[1]} matrix", _COUNTER_BYTES * counters)
