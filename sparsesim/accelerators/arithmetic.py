"""Arithmetic that plans share: unpacking, keys of operations, exact shares."""

from collections.abc import Hashable

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.formats import Format
from sparsesim.matmul import MatmulOp, Operand


def size_key(op: MatmulOp) -> Hashable:
    """All that an operation is but for its name and the positions and values of its non-zeros."""
    operands = [(each.format, each.dtype, each.size, each.dram_bytes) for each in (op.a, op.b)]
    return (op.m, op.n, op.k, op.groups, *operands, op.c_dtype, op.repeat)


def unpacking_adds(operand: Operand, native: frozenset[type[Format]], passes: int = 1) -> int:
    """32-bit integer adds that unpack an operand which is not stored in one of the `native` formats.

    One add per stored value and pass (assumed: a running position per fiber).
    """
    return 0 if type(operand.format) in native else passes * operand.size.stored_values


def shares(total: int, parts: int) -> IntArray:
    """int64[parts] that add up to `total` exactly and differ by at most one."""
    edges = np.arange(parts + 1, dtype=np.int64)
    # Split into quotient and remainder so that total * parts never overflows.
    quotient, remainder = divmod(total, max(parts, 1))
    edges = remainder * edges // max(parts, 1)
    return quotient + (edges[1:] - edges[:-1])


def weighted_shares(total: int, weights: IntArray) -> IntArray:
    """int64 array that adds up to `total` exactly, in proportion to `weights` (equal parts if all are zero)."""
    whole = int(weights.sum())
    if whole == 0:
        return shares(total, len(weights))
    fractions = np.cumsum(weights) / whole
    edges = np.rint(fractions * total).astype(np.int64)
    edges[-1] = total
    return np.diff(edges, prepend=np.int64(0))
