"""Computes a product as the unit does: streams of leaf products, merged in pairs layer by layer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sparsesim.accelerators.condensed_outer_product.leaves import Leaves
from sparsesim.accelerators.condensed_outer_product.numeric_kernels import added, leaf_products
from sparsesim.accelerators.condensed_outer_product.rounds import Round
from sparsesim.array_types import FloatArray, IntArray
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor


@dataclass(frozen=True, eq=False)
class Stream:
    """Elements of a leaf or partial result.

    Attributes:
        keys: int64, row x columns + column, ascending and unique.
        values: float64; zeros may occur.
    """

    keys: IntArray
    values: FloatArray

    @property
    def nnz(self) -> int:
        """Number of elements, including sums that cancelled: they are merged like any other."""
        return len(self.keys)


def with_values(tensor: Tensor) -> SparseMatrix:
    """The tensor as a sparse matrix with values; a dense tensor without values draws them, a pattern gets ones."""
    sparse = tensor.to_sparse()
    values = tensor.to_array().ravel() if isinstance(tensor, DenseMatrix) else sparse.value_array()
    return SparseMatrix(sparse.shape, sparse.indptr, sparse.indices, values)


def merged(input_at: Callable[[int], Stream], first: int, beyond: int, span: int) -> Stream:
    """The output of the subtree over inputs first..first + span - 1; inputs from `beyond` on do not exist.

    Depth first, which merges the same pairs as layer by layer but holds only one stream per layer.
    """
    if span == 1:
        return input_at(first)
    half = span // 2
    left = merged(input_at, first, beyond, half)
    if first + half >= beyond:
        return left
    right = merged(input_at, first + half, beyond, half)
    return Stream(*added(left.keys, left.values, right.keys, right.values))


@dataclass(frozen=True, eq=False)
class NumericMerge:
    """Called once per round with the stored partials that it takes; returns the round's result."""

    leaves: Leaves
    b: SparseMatrix
    layers: int

    @cached_property
    def a_values(self) -> FloatArray:
        """Values of A in the order of `Leaves.elements`."""
        return self.leaves.a.value_array()[self.leaves.order]

    def __call__(self, current: Round, taken: list[Stream]) -> Stream:
        """Merge one round."""
        stored = dict(zip(current.stored_places, taken, strict=True))
        highest = current.leaves[1] - 1
        leaf_at = {place: highest - i for i, place in enumerate(current.leaf_places)}

        def input_at(place: int) -> Stream:
            return stored[place] if place in stored else self._leaf(leaf_at[place])

        return merged(input_at, 0, len(stored) + len(leaf_at), 1 << self.layers)

    def _leaf(self, leaf: int) -> Stream:
        """Multiply the elements of one leaf by their rows of B."""
        rows = self.leaves.rows(leaf, leaf + 1)
        element, _ = self.leaves.ranges(rows, leaf, leaf + 1)
        b, b_rows = self.b, self.leaves.elements.columns[element]
        products = leaf_products(rows, b_rows, self.a_values[element], b.indptr, b.indices, b.value_array(), b.shape[1])
        return Stream(*products)


def matrix_of(stream: Stream | None, shape: tuple[int, int]) -> SparseMatrix:
    """The canonical matrix of a sorted stream, without sums that cancelled to zero; None gives an empty one."""
    if stream is None:
        return SparseMatrix(shape, np.zeros(shape[0] + 1, np.int64), np.zeros(0, np.int64), np.zeros(0))
    kept = stream.values != 0
    keys = stream.keys[kept]
    rows, columns = np.divmod(keys, max(shape[1], 1))
    indptr = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=shape[0]))))
    return SparseMatrix(shape, indptr, columns, stream.values[kept])
