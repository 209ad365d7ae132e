"""Jitted multiplier and 2-way merger for sorted element streams."""

import numpy as np

from sparsesim._jit import kernel
from sparsesim.array_types import FloatArray, IntArray


@kernel
def leaf_products(
    rows: IntArray,
    b_rows: IntArray,
    a_values: FloatArray,
    b_indptr: IntArray,
    b_columns: IntArray,
    b_values: FloatArray,
    columns: int,
) -> tuple[IntArray, FloatArray]:
    """Products of one leaf: element i of A is in row rows[i] and multiplies row b_rows[i] of B.

    Returns ascending keys (row x columns + column) and float64 values.
    """
    count = 0
    for i in range(len(rows)):
        count += b_indptr[b_rows[i] + 1] - b_indptr[b_rows[i]]
    keys, values = np.empty(count, np.int64), np.empty(count, np.float64)
    at = 0
    for i in range(len(rows)):
        for index in range(b_indptr[b_rows[i]], b_indptr[b_rows[i] + 1]):
            keys[at] = rows[i] * columns + b_columns[index]
            values[at] = np.float64(a_values[i]) * np.float64(b_values[index])
            at += 1
    return keys, values


@kernel
def added(
    left_keys: IntArray, left_values: FloatArray, right_keys: IntArray, right_values: FloatArray
) -> tuple[IntArray, FloatArray]:
    """One 2-way merge of ascending keys, adding the values of equal ones; returns keys and values."""
    room = len(left_keys) + len(right_keys)
    keys, values = np.empty(room, np.int64), np.empty(room, np.float64)
    i, j, at = 0, 0, 0
    while i < len(left_keys) and j < len(right_keys):
        left, right = left_keys[i], right_keys[j]
        keys[at] = min(left, right)
        values[at] = (left_values[i] if left <= right else 0.0) + (right_values[j] if right <= left else 0.0)
        i, j, at = i + (left <= right), j + (right <= left), at + 1
    while i < len(left_keys):
        keys[at], values[at] = left_keys[i], left_values[i]
        i, at = i + 1, at + 1
    while j < len(right_keys):
        keys[at], values[at] = right_keys[j], right_values[j]
        j, at = j + 1, at + 1
    return keys[:at].copy(), values[:at].copy()
