"""Seeded synthetic matrices: the same arguments always give the same matrix. Values are normal and never zero."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, IntArray
from sparsesim.errors import InputError
from sparsesim.limits import checked_size
from sparsesim.tensors.canonical import check_csr_memory, check_dense_memory
from sparsesim.tensors.conversions import checked_shape
from sparsesim.tensors.dense_matrix import DrawnMatrix
from sparsesim.tensors.seeds import seeded
from sparsesim.tensors.sparse_matrix import SparseMatrix
from sparsesim.units import ceil_div

_RMAT_ROUNDS = 200
_DRAWN_BYTES: Final = 40
"""Peak per entry: positions as drawn, sorted and as CSR, a value, and what is drawn twice."""


def uniform(rows: int, columns: int, density: float, seed: int = 0) -> SparseMatrix:
    """Exactly round(density * rows * columns) non-zeros, every set of positions equally likely."""
    _check_shape(rows, columns)
    _check_fraction("density", density)
    rng = seeded(seed)
    count = round(density * rows * columns)
    check_csr_memory((rows, columns), count, _DRAWN_BYTES)
    return _from_flat((rows, columns), _distinct(rows * columns, count, rng), rng)


def rmat(
    rows: int, columns: int, nnz: int, a: float = 0.57, b: float = 0.19, c: float = 0.19, seed: int = 0
) -> SparseMatrix:
    """A recursive-matrix graph (D. Chakrabarti et al., SDM 2004) with exactly `nnz` distinct entries.

    Every entry descends into the quadrants top left (a), top right (b), bottom left (c) or bottom right (the
    rest) until it is a single position; sides need not be powers of two or equal. Raises InputError if that
    many distinct entries cannot be drawn in reasonable time.
    """
    _check_shape(rows, columns)
    rest = 1 - a - b - c
    if min(a, b, c) < 0 or rest < -1e-12:
        raise InputError(f"rmat: a={a}, b={b}, c={c} must not be negative or exceed 1 together")
    if not 0 <= nnz <= rows * columns:
        raise InputError(f"rmat: {nnz} non-zeros do not fit a {rows} x {columns} matrix")
    check_csr_memory((rows, columns), nnz, _DRAWN_BYTES)
    rng = seeded(seed)
    found = np.zeros(0, np.int64)
    for _ in range(_RMAT_ROUNDS):
        if len(found) == nnz:
            return _from_flat((rows, columns), np.sort(found), rng)
        drawn = _rmat_positions(rows, columns, 2 * (nnz - len(found)) + 16, (a, b, c, max(rest, 0.0)), rng)
        both = np.concatenate([found, drawn])
        found = both[np.sort(np.unique(both, return_index=True)[1])][:nnz]
    raise InputError(f"rmat: only {len(found)} of {nnz} distinct entries came up; lower nnz or spread a, b, c")


def banded(rows: int, columns: int, lower: int, upper: int, density: float = 1.0, seed: int = 0) -> SparseMatrix:
    """Non-zeros on the diagonals -lower..upper (column - row), exactly round(density * positions) of them."""
    _check_shape(rows, columns)
    _check_fraction("density", density)
    check_csr_memory((rows, columns), 0)
    row = np.arange(rows, dtype=np.int64)
    first, last = np.clip(row - lower, 0, columns), np.clip(row + upper + 1, 0, columns)
    lengths = np.maximum(last - first, 0)
    check_csr_memory((rows, columns), int(lengths.sum()), _DRAWN_BYTES)
    starts = np.cumsum(lengths) - lengths
    positions = np.repeat(row * columns + first - starts, lengths) + np.arange(lengths.sum(), dtype=np.int64)
    rng = seeded(seed)
    kept = _distinct(len(positions), round(density * len(positions)), rng)
    return _from_flat((rows, columns), positions[kept], rng)


def block(rows: int, columns: int, block_rows: int, block_columns: int, density: float, seed: int = 0) -> SparseMatrix:
    """Full blocks in a grid from the top left corner (cut at the edges), exactly round(density * blocks) of them."""
    _check_shape(rows, columns)
    _check_fraction("density", density)
    if min(block_rows, block_columns) < 1:
        raise InputError(f"block: a block of {block_rows} x {block_columns} is empty")
    grid = (ceil_div(rows, block_rows), ceil_div(columns, block_columns))
    blocks = round(density * (grid[0] * grid[1]))
    check_csr_memory((rows, columns), checked_size("block: positions", blocks, block_rows, block_columns), _DRAWN_BYTES)
    rng = seeded(seed)
    chosen = _distinct(grid[0] * grid[1], blocks, rng)
    block_row, block_column = np.divmod(chosen, max(grid[1], 1))
    row, column = np.divmod(np.arange(block_rows * block_columns, dtype=np.int64), block_columns)
    all_rows = (block_row[:, None] * block_rows + row).ravel()
    all_columns = (block_column[:, None] * block_columns + column).ravel()
    inside = (all_rows < rows) & (all_columns < columns)
    return _from_flat((rows, columns), np.sort((all_rows * columns + all_columns)[inside]), rng)


def nm(rows: int, columns: int, keep: int, of: int, seed: int = 0) -> SparseMatrix:
    """Exactly `keep` non-zeros in every group of `of` consecutive columns, at random places.

    A last group of r < `of` columns has ceil(r * keep / of).
    """
    _check_shape(rows, columns)
    _check_group(keep, of)
    check_dense_memory((rows, columns), 1)
    check_csr_memory((rows, columns), rows * ceil_div(columns * keep, of))
    rng = seeded(seed)
    mask = np.zeros((rows, columns), np.bool_)
    whole = columns // of * of
    mask[:, :whole] = _selected(rows * (columns // of), keep, of, rng).reshape(rows, whole)
    if columns > whole:
        mask[:, whole:] = _selected(rows, ceil_div((columns - whole) * keep, of), columns - whole, rng)
    return _from_flat((rows, columns), np.flatnonzero(mask), rng)


def drawn_nm(rows: int, columns: int, keep: int, of: int, seed: int = 0) -> DrawnMatrix:
    """The matrix of `nm`, drawn only when its positions are needed; its count and pattern are known at once."""
    _check_shape(rows, columns)
    _check_group(keep, of)
    nnz = rows * (columns // of * keep + ceil_div(columns % of * keep, of))
    return DrawnMatrix((rows, columns), nnz, (keep, of), lambda: nm(rows, columns, keep, of, seed))


def _selected(groups: int, keep: int, of: int, rng: np.random.Generator) -> BoolArray:
    """bool[groups, of] with `keep` True per row: selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S)."""
    mask = np.zeros((groups, of), np.bool_)
    missing = np.full(groups, keep, np.int32)
    for place in range(of):
        mask[:, place] = rng.integers(of - place, size=groups, dtype=np.int32) < missing
        missing -= mask[:, place]
    return mask


def _distinct(size: int, count: int, rng: np.random.Generator) -> IntArray:
    """`count` distinct ascending numbers below `size`, without a list of all of them unless most are taken."""
    if 2 * count > size:
        taken = np.ones(size, np.bool_)
        taken[_distinct(size, size - count, rng)] = False
        return np.flatnonzero(taken)
    found = np.zeros(0, np.int64)
    while len(found) < count:
        missing = count - len(found)
        drawn = rng.integers(size, size=missing + missing * count // size + 16)
        found = _sorted_distinct(np.concatenate([found, drawn]))
    surplus = rng.choice(len(found), len(found) - count, replace=False)
    return np.delete(found, surplus)


def _sorted_distinct(numbers: IntArray) -> IntArray:
    """Like np.unique, which is many times slower on millions of distinct integers."""
    ordered = np.sort(numbers)
    distinct: IntArray = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    return distinct


def _rmat_positions(
    rows: int, columns: int, count: int, weights: tuple[float, float, float, float], rng: np.random.Generator
) -> IntArray:
    """Up to `count` row-major positions; those outside the matrix are left out.

    The longer side has more levels; at those that the shorter side lacks, an entry only chooses between two halves.
    """
    a, b, c, _ = weights
    row_levels, column_levels = (rows - 1).bit_length(), (columns - 1).bit_length()
    row, column = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for level in range(max(row_levels, column_levels)):
        draw = rng.random(count)
        if level < row_levels:
            row = 2 * row + (draw >= a + b)
        if level < column_levels:
            column = 2 * column + (((draw >= a) & (draw < a + b)) | (draw >= a + b + c))
    inside = (row < rows) & (column < columns)
    positions: IntArray = row[inside] * columns + column[inside]
    return positions


def _from_flat(shape: tuple[int, int], positions: NDArray[Any], rng: np.random.Generator) -> SparseMatrix:
    """Ascending row-major positions with normal values."""
    starts = np.arange(shape[0] + 1, dtype=np.int64) * shape[1]
    values = rng.standard_normal(len(positions), dtype=np.float32)
    values[values == 0] = 1
    return SparseMatrix(shape, np.searchsorted(positions, starts), positions % max(shape[1], 1), values)


def _check_shape(rows: int, columns: int) -> None:
    checked_shape((rows, columns))


def _check_fraction(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise InputError(f"{name} is {value}, it must lie in 0..1")


def _check_group(keep: int, of: int) -> None:
    if not 1 <= keep <= of:
        raise InputError(f"{keep}:{of} is not an N:M rule; 1 <= N <= M is needed")
