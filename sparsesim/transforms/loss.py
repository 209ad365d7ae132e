"""How far compressed weights are from the original ones."""

import math
from typing import NamedTuple

import numpy as np

from sparsesim.array_types import FloatArray

_PART = 1 << 20
"""Weights that are compared at once, so that a layer of 103 M of them needs no further copies in float64."""


class Loss(NamedTuple):
    """The largest |w - w'|, and 10 log10(sum w**2 / sum (w - w')**2): inf where all are equal, 0 for as much noise."""

    max_error: float
    sqnr_db: float


def loss_of(weight: FloatArray, back: FloatArray) -> Loss:
    """The loss of `back` against `weight` of the same shape, summed in float64."""
    before, after = weight.reshape(-1), back.reshape(-1)
    largest, noise, signal = 0.0, 0.0, 0.0
    for start in range(0, before.size, _PART):
        part = before[start : start + _PART].astype(np.float64)
        error = part - after[start : start + _PART]
        largest = max(largest, float(np.abs(error).max()))
        noise += float(error @ error)
        signal += float(part @ part)
    if noise == 0:
        return Loss(largest, math.inf)
    return Loss(largest, 10 * math.log10(signal / noise) if signal else -math.inf)
