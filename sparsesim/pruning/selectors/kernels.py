"""Jitted loops of the selectors that compare with a threshold."""

import math

from sparsesim._jit import kernel
from sparsesim.array_types import BoolArray, FloatArray


@kernel
def mark_above(values: FloatArray, threshold: float, mask: BoolArray) -> None:
    """Set `mask [n]` to |values| > threshold, compared in float64."""
    for i in range(values.size):
        mask[i] = abs(values[i]) > threshold


@kernel
def standard_deviation(values: FloatArray) -> float:
    """Population standard deviation of `values [n]` in float64; n > 0."""
    total = 0.0
    for i in range(values.size):
        total += values[i]
    mean = total / values.size
    squares = 0.0
    for i in range(values.size):
        squares += (values[i] - mean) ** 2
    return math.sqrt(squares / values.size)
