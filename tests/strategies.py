"""Hypothesis strategies that several test folders share."""

import numpy as np
from hypothesis import strategies as st

from sparsesim.formats import Structured
from sparsesim.tensors import SparseMatrix
from tests.machines import held

VALUES = (1.0, -1.0, 2.0, -3.0, 7.0, 0.5, -0.1, 1 / 3, 1e-9, -127.0, 1000.5)


@st.composite
def shapes(draw: st.DrawFn, max_side: int = 12) -> tuple[int, int]:
    """(rows, columns): often empty, one row or one column."""
    side = st.integers(1, max_side)
    kind = draw(st.sampled_from(("any", "any", "any", "0x0", "no rows", "no columns", "one row", "one column")))
    if kind == "0x0":
        return 0, 0
    rows = {"no rows": 0, "one row": 1}.get(kind)
    columns = {"no columns": 0, "one column": 1}.get(kind)
    return draw(side) if rows is None else rows, draw(side) if columns is None else columns


@st.composite
def masks(draw: st.DrawFn, max_side: int = 12) -> np.ndarray:
    """A boolean matrix: all zero, full, with empty rows and columns, or random at any density."""
    rows, columns = draw(shapes(max_side))
    kind = draw(st.sampled_from(("random", "random", "random", "zero", "full", "gaps")))
    if kind in ("zero", "full"):
        return np.full((rows, columns), kind == "full")
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    mask = rng.random((rows, columns)) < draw(st.sampled_from((0.05, 0.2, 0.5, 0.9)))
    if kind == "gaps":
        mask &= rng.random((rows, 1)) < 0.5
        mask &= rng.random((1, columns)) < 0.5
    return mask


@st.composite
def dense_arrays(
    draw: st.DrawFn, max_side: int = 12, values: tuple[float, ...] = VALUES, integers: bool = False
) -> np.ndarray:
    """A dense float array whose non-zeros come from `values`; with `integers` small whole numbers."""
    mask = draw(masks(max_side))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    pool = np.array((1.0, -1.0, 2.0, 3.0, -5.0) if integers else values)
    dtype = draw(st.sampled_from((np.float32, np.float64)))
    return np.where(mask, pool[rng.integers(len(pool), size=mask.shape)], 0.0).astype(dtype)


def sparse_matrices(
    max_side: int = 12, values: tuple[float, ...] = VALUES, integers: bool = False
) -> st.SearchStrategy[SparseMatrix]:
    """SparseMatrix with values, of every odd shape up to `max_side`: 0x0, 1 x n, empty rows, all zero, full..."""
    return dense_arrays(max_side, values, integers).map(SparseMatrix.from_dense)


def patterns(max_side: int = 12) -> st.SearchStrategy[SparseMatrix]:
    """SparseMatrix without values."""
    return masks(max_side).map(SparseMatrix.from_mask)


@st.composite
def group_matrices(draw: st.DrawFn, keep: int, of: int, max_side: int = 12) -> SparseMatrix:
    """SparseMatrix with at most `keep` non-zeros in every `of` consecutive columns."""
    dense = draw(dense_arrays(max_side))
    for start in range(0, dense.shape[1], of):
        group = dense[:, start : start + of]
        group[np.cumsum(group != 0, axis=1) > keep] = 0
    return SparseMatrix.from_dense(dense)


@st.composite
def structured_matrices(draw: st.DrawFn, storage: Structured, max_side: int = 12) -> SparseMatrix:
    """SparseMatrix that `storage` can hold."""
    return held(SparseMatrix.from_dense(draw(dense_arrays(max_side))), storage.name)
