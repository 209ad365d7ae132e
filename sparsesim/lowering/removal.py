"""Structure that is removed is gone: a layer without the rows and columns of its weights that hold no non-zero.

What is left is the product that a smaller layer would be, so every machine gains by it. What else depends on a removed
output (its bias, the next layer's input channel) stays; the method `shrink` removes that, too.
"""

from dataclasses import replace

import numpy as np

from sparsesim.array_types import BoolArray, FloatArray, IntArray
from sparsesim.formats import Format
from sparsesim.lowering.kernels import mark_columns, renumber
from sparsesim.matmul import Kept, MatmulOp
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor

Grain = tuple[int, int]
"""Rows and columns that are left out together or not at all."""


def stored_as(op: MatmulOp, format: Format) -> MatmulOp:
    """The operation of a layer with its weights in another format, without what that lets be left out.

    Products without weights only change their format.
    """
    return in_format(without_empty(op.whole, format.grain), format)


def in_format(op: MatmulOp, format: Format) -> MatmulOp:
    """The same operation, its rows and columns as they are, with A stored in another format."""
    return replace(op, a=replace(op.a, format=format))


def without_empty(op: MatmulOp, grain: Grain = (1, 1)) -> MatmulOp:
    """The product of what is not empty: rows of A that hold a non-zero, columns that do, and their rows of B.

    Only layers with weights lose any (`MatmulOp.channels`); the operation itself is returned if there is nothing to
    lose. Rows and columns go in whole grains, counted within each group. Groups without a non-zero go as a whole, and
    the others keep as many rows and columns as the fullest of them, since all have one size. Of a layer without any
    non-zero one grain stays. The elements of a feature map that B repeats shrink with the input channels of which no
    kernel position is left.
    """
    a = op.a.tensor
    if not op.channels or not isinstance(a, SparseMatrix):
        return op
    rows, columns = _occupied(a, op.groups)
    if rows.all() and columns.all():
        return op
    groups = np.flatnonzero(rows.any(axis=1))
    rows, columns = _in_grains(rows[groups], grain[0]), _in_grains(columns[groups], grain[1])
    kept = Kept(op, _numbers(groups, rows), _numbers(groups, columns))
    if len(kept.a_rows) == a.shape[0] and len(kept.b_rows) == op.b.shape[0]:
        return op
    distinct = op.b.distinct
    if distinct is not None:
        channels = columns.reshape(len(groups), -1, op.channels).any(axis=1).sum()
        distinct = distinct * int(channels) // (op.groups * op.channels)
    left = replace(op.a, tensor=_remaining(a, kept.a_rows, columns))
    right = replace(op.b, tensor=_rows_of(op.b.tensor, kept.b_rows), distinct=distinct)
    return replace(op, a=left, b=right, groups=len(groups), kept=kept)


def _occupied(a: SparseMatrix, groups: int) -> tuple[BoolArray, BoolArray]:
    """bool[groups, M] and bool[groups, K]: rows and columns with a non-zero; the first ones of an empty matrix."""
    rows = (a.row_lengths > 0).reshape(groups, -1)
    columns = np.zeros((groups, a.shape[1]), np.bool_)
    mark_columns(a.indptr, a.indices, columns)
    if a.nnz == 0:
        rows[0, 0] = columns[0, 0] = True
    return rows, columns


def _in_grains(occupied: BoolArray, grain: int) -> BoolArray:
    """bool[groups, lines]: those that stay, whole grains and equally many in every group."""
    groups, lines = occupied.shape
    count = lines // grain
    full, rest = occupied[:, : count * grain], occupied[:, count * grain :]
    grains = full.reshape(groups, count, grain).any(axis=2)
    found = grains.sum(axis=1, keepdims=True)
    grains |= ~grains & (np.cumsum(~grains, axis=1) <= found.max() - found)
    # The grain that the edge cuts off has another size than the others, so all groups keep it or none.
    return np.hstack([np.repeat(grains, grain, axis=1), np.full_like(rest, rest.any())])


def _numbers(groups: IntArray, kept: BoolArray) -> IntArray:
    """Rows of the stacked groups, from flags bool[len(groups), lines]."""
    lines = kept.shape[1]
    numbers: IntArray = (groups[:, None] * lines + np.arange(lines))[kept]
    return numbers


def _remaining(a: SparseMatrix, rows: IntArray, columns: BoolArray) -> Tensor:
    """The rows of A and, group by group, its columns; dense if that leaves no zero."""
    # The rows in between are empty: no non-zero moves.
    indptr, indices = np.append(a.indptr[rows], a.nnz), a.indices
    if not columns.all():
        indices = np.empty_like(a.indices)
        renumber(indptr, a.indices, np.cumsum(columns, axis=1) - 1, indices)
    shape = len(rows), int(columns[0].sum())
    if a.values is not None and a.nnz == shape[0] * shape[1]:
        return DenseMatrix(shape, a.values.reshape(shape))
    return SparseMatrix(shape, indptr, indices, a.values)


def _rows_of(b: Tensor, rows: IntArray) -> Tensor:
    if isinstance(b, DenseMatrix):
        values: FloatArray | None = None if b.values is None else b.values[rows]
        return DenseMatrix((len(rows), b.shape[1]), values, b.seed)
    matrix = b.to_sparse()
    lengths = matrix.row_lengths[rows]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    positions = np.arange(indptr[-1]) + np.repeat(matrix.indptr[rows] - indptr[:-1], lengths)
    picked = None if matrix.values is None else matrix.values[positions]
    return SparseMatrix((len(rows), b.shape[1]), indptr, matrix.indices[positions], picked)
