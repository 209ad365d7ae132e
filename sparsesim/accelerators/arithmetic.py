"""Helpers for plans: keys of operations, integer shares that add up exactly."""

from collections.abc import Hashable, Mapping
from math import ceil
from typing import Final

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError
from sparsesim.matmul import MatmulOp

MAX_CYCLES: Final = 2**60
"""Of one operation: decades at any clock; sums and products of a few such numbers of steps stay within 64 bits."""


def size_key(op: MatmulOp) -> Hashable:
    """Everything about an operation except its name and the positions and values of its non-zeros."""
    operands = [(operand.format, operand.dtype, operand.size, operand.dram_bytes) for operand in (op.a, op.b)]
    return (op.m, op.n, op.k, op.groups, *operands, op.c_dtype, op.repeat)


def whole_cycles(what: str, cycles: float) -> int:
    """Cycles rounded up; InputError for more than can be counted, as at rates that are far too low."""
    if not cycles <= MAX_CYCLES:
        raise InputError(f"{what}: {cycles:.3g} cycles are more than the {MAX_CYCLES:.3g} that can be counted")
    return ceil(cycles)


def shares(total: int, parts: int) -> IntArray:
    """int64[parts] that add up to exactly `total` and differ by at most one."""
    edges = np.arange(parts + 1, dtype=np.int64)
    # Split into quotient and remainder so that total * parts never overflows.
    quotient, remainder = divmod(total, max(parts, 1))
    edges = remainder * edges // max(parts, 1)
    return quotient + (edges[1:] - edges[:-1])


def weighted_shares(total: int, weights: IntArray) -> IntArray:
    """int64[len(weights)] that adds up to exactly `total`, in proportion to `weights` (equal parts if all are zero)."""
    total_weight = int(weights.sum())
    if total_weight == 0:
        return shares(total, len(weights))
    # Rounding the running sum, rather than every share, is what keeps the total exact.
    fractions = np.cumsum(weights) / total_weight
    edges = np.rint(fractions * total).astype(np.int64)
    edges[-1] = total
    return np.diff(edges, prepend=np.int64(0))


def in_proportion(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Integers that add up to exactly `total`, in proportion to `weights` (all of it to the last if they are zero)."""
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0) | {list(weights)[-1]: total}
    shares, before = dict[str, int](), 0
    for name, weight in weights.items():
        # Rounding the running sum, rather than every share, is what keeps the total exact.
        after = before + weight
        shares[name] = total * after // whole - total * before // whole
        before = after
    return shares
