"""What a mask did to a weight: requested and reached sparsity, balance of rows, columns and tiles, magnitude kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, IntArray
from sparsesim.errors import InputError
from sparsesim.pruning.matrix_view import to_matrix
from sparsesim.pruning.pruner import Pruner

TILES = ((16, 16), (128, 128))  # about what one matrix instruction and one thread block of a GPU work on


@dataclass(frozen=True)
class Balance:
    """How evenly non-zeros lie in parts of the lowered matrix.

    `variation` is the standard deviation of the non-zeros per part over their mean, `busiest_over_mean` the fullest
    part over the mean: with one unit per part, the slowdown by imbalance. `empty` is the share of parts without any.
    Ratios with a zero denominator are 0.
    """

    mean: float
    variation: float
    busiest_over_mean: float
    empty: float


@dataclass(frozen=True)
class MaskStatistics:
    """Figures of one mask; rows are the rows of the lowered matrix, one per output, columns its inputs.

    `nnz` counts kept weights of `size`. `row_nnz_variation` is the standard deviation of the non-zeros per row over
    their mean, `busiest_row_over_mean` the longest row over the mean: with one row per unit, the slowdown by imbalance.
    `columns` says the same of columns and `tiles` of tiles ("16x16": 16 x 16 weights), those at the edge cut off.
    `kept_magnitude_fraction` is the sum of |w| over kept weights by that over all. `tail_note` tells of groups that
    were cut off by the edge. Ratios with a zero denominator are 0, but the kept fraction is then 1.
    """

    requested_sparsity: float | None
    sparsity: float
    nnz: int
    size: int
    row_nnz_mean: float
    row_nnz_variation: float
    busiest_row_over_mean: float
    kept_magnitude_fraction: float
    columns: Balance
    tiles: Mapping[str, Balance]
    tail_note: str = ""


@dataclass(frozen=True)
class TotalStatistics:
    """Figures of all masks of a network together; `empty_layers` names those that have weights and lost them all."""

    requested_sparsity: float | None
    sparsity: float
    nnz: int
    size: int
    kept_magnitude_fraction: float
    empty_layers: tuple[str, ...]


def mask_statistics(
    weight: NDArray[Any],
    mask: BoolArray,
    pruner: Pruner | None = None,
    *,
    tiles: tuple[tuple[int, int], ...] = TILES,
) -> MaskStatistics:
    """Figures of `mask` (bool, True = kept) on `weight` of the same shape; `pruner` adds what was asked for.

    `tiles` are the rows and columns of the tiles that are counted. Raises InputError when the shapes differ.
    """
    _check_shapes(weight, mask)
    matrix = to_matrix(mask)
    rows = _balance(matrix.sum(axis=1))
    nnz = int(np.count_nonzero(mask))
    kept, whole = _magnitudes(weight, mask)
    return MaskStatistics(
        requested_sparsity=None if pruner is None else pruner.sparsity,
        sparsity=1 - nnz / mask.size if mask.size else 0.0,
        nnz=nnz,
        size=mask.size,
        row_nnz_mean=rows.mean,
        row_nnz_variation=rows.variation,
        busiest_row_over_mean=rows.busiest_over_mean,
        kept_magnitude_fraction=min(1.0, kept / whole) if whole else 1.0,  # sums may round either way
        columns=_balance(matrix.sum(axis=0)),
        tiles={f"{height}x{width}": _balance(_per_tile(matrix, height, width)) for height, width in tiles},
        tail_note="" if pruner is None else pruner.pattern.tail_note(weight.shape),
    )


def network_statistics(
    weights: Mapping[str, NDArray[Any]], masks: Mapping[str, BoolArray], pruner: Pruner | None = None
) -> dict[str, MaskStatistics]:
    """`mask_statistics` of every layer; a sparsity that layers share is not asked of any one of them."""
    _check_names(weights, masks)
    requested = {} if pruner is None else pruner.requested(weights)
    return {
        layer: replace(mask_statistics(weight, masks[layer], pruner), requested_sparsity=requested.get(layer))
        for layer, weight in weights.items()
    }


def total_statistics(
    weights: Mapping[str, NDArray[Any]], masks: Mapping[str, BoolArray], pruner: Pruner | None = None
) -> TotalStatistics:
    """Figures of the masks of several layers together. Raises InputError when names or shapes differ."""
    _check_names(weights, masks)
    kept = whole = 0.0
    for layer, weight in weights.items():
        _check_shapes(weight, masks[layer])
        kept, whole = (old + new for old, new in zip((kept, whole), _magnitudes(weight, masks[layer]), strict=True))
    size = sum(mask.size for mask in masks.values())
    nnz = sum(int(np.count_nonzero(mask)) for mask in masks.values())
    return TotalStatistics(
        requested_sparsity=None if pruner is None else pruner.sparsity,
        sparsity=1 - nnz / size if size else 0.0,
        nnz=nnz,
        size=size,
        kept_magnitude_fraction=min(1.0, kept / whole) if whole else 1.0,  # sums may round either way
        empty_layers=tuple(layer for layer, mask in masks.items() if mask.size and not mask.any()),
    )


def _check_names(weights: Mapping[str, object], masks: Mapping[str, object]) -> None:
    if weights.keys() != masks.keys():
        raise InputError(f"masks of {', '.join(masks)} do not belong to weights of {', '.join(weights)}")


def _check_shapes(weight: NDArray[Any], mask: BoolArray) -> None:
    if weight.shape != mask.shape:
        raise InputError(f"mask has shape {mask.shape}, its weight {weight.shape}")


def _balance(counts: NDArray[np.integer[Any]]) -> Balance:
    total = int(counts.sum())
    if not total:
        return Balance(0.0, 0.0, 0.0, 1.0 if counts.size else 0.0)
    mean = total / counts.size
    empty = 1 - np.count_nonzero(counts) / counts.size
    return Balance(mean, float(counts.std()) / mean, int(counts.max()) / mean, empty)


def _per_tile(matrix: BoolArray, height: int, width: int) -> IntArray:
    """Non-zeros of every tile; an empty matrix has none."""
    if not matrix.size:
        return np.empty(0, dtype=np.int64)
    strips = np.add.reduceat(matrix, np.arange(0, matrix.shape[0], height), axis=0, dtype=np.int64)
    counts: IntArray = np.add.reduceat(strips, np.arange(0, matrix.shape[1], width), axis=1)
    return counts


def _magnitudes(weight: NDArray[Any], mask: BoolArray) -> tuple[float, float]:
    """Sum of |w| over kept weights, and over all."""
    sizes = np.abs(weight)
    return float(sizes.sum(dtype=np.float64, where=mask)), float(sizes.sum(dtype=np.float64))
