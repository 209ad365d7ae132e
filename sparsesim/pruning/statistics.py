"""What a mask did to a weight: sparsity asked and reached, balance between rows, magnitude that is left."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.pruning.pruner import Pruner
from sparsesim.pruning.tiles import matrix_shape
from sparsesim.pruning.types import BoolArray


@dataclass(frozen=True)
class MaskStatistics:
    """Figures of one mask; rows are the rows of the lowered matrix, one per output.

    `nnz` counts kept weights of `size`. `row_nnz_variation` is the standard deviation of the non-zeros per row over
    their mean, `busiest_row_over_mean` the longest row over the mean: with one row per unit, the slowdown by imbalance.
    `kept_magnitude_fraction` is the sum of |w| over kept weights by that over all. `tail_note` tells of groups that
    were cut off by the edge. Ratios with nothing below the line are 0, the kept fraction then is 1.
    """

    requested_sparsity: float | None
    sparsity: float
    nnz: int
    size: int
    row_nnz_mean: float
    row_nnz_variation: float
    busiest_row_over_mean: float
    kept_magnitude_fraction: float
    tail_note: str = ""


def mask_statistics(weight: NDArray[Any], mask: BoolArray, pruner: Pruner | None = None) -> MaskStatistics:
    """Figures of `mask` (bool, True = kept) on `weight` of the same shape; `pruner` adds what was asked for.

    Raises InputError when the shapes differ.
    """
    if weight.shape != mask.shape:
        raise InputError(f"mask has shape {mask.shape}, its weight {weight.shape}")
    per_row = mask.reshape(matrix_shape(mask.shape)).sum(axis=1)
    nnz = int(per_row.sum())
    mean = nnz / per_row.size if per_row.size else 0.0
    return MaskStatistics(
        requested_sparsity=None if pruner is None else pruner.sparsity,
        sparsity=1 - nnz / mask.size if mask.size else 0.0,
        nnz=nnz,
        size=mask.size,
        row_nnz_mean=mean,
        row_nnz_variation=float(per_row.std()) / mean if mean else 0.0,
        busiest_row_over_mean=int(per_row.max()) / mean if mean else 0.0,
        kept_magnitude_fraction=_kept_fraction(weight, mask),
        tail_note="" if pruner is None else pruner.pattern.tail_note(weight.shape),
    )


def _kept_fraction(weight: NDArray[Any], mask: BoolArray) -> float:
    sizes = np.abs(weight)
    total = float(sizes.sum(dtype=np.float64))
    return float(sizes.sum(dtype=np.float64, where=mask)) / total if total else 1.0
