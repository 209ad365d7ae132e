"""Masks in a single pass over the weights: the kernels that rank them also find NaN and infinity on their way.

Pruning runs at the speed of memory, so that a separate check for NaN would cost as much again. Only pruners whose
kernels can do both are served: N:M, and groups dropped by sparsity, ranked by the sum of |w| (or by any score that
orders single weights by magnitude). All others check the weights first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.pruning.checks import check_finite, checked_weight
from sparsesim.pruning.criteria import Criterion
from sparsesim.pruning.patterns.element import Element
from sparsesim.pruning.patterns.fixed_pattern import FixedPattern
from sparsesim.pruning.patterns.n_of_m import n_of_m_mask_unchecked
from sparsesim.pruning.patterns.nm import NM
from sparsesim.pruning.patterns.tile_pattern import TilePattern
from sparsesim.pruning.ranking.largest import ranked
from sparsesim.pruning.selectors.base import Selector
from sparsesim.pruning.selectors.by_sparsity import BySparsity


def single_pass_masks(
    pattern: TilePattern | FixedPattern,
    selector: Selector | None,
    criterion: Criterion,
    weights: Mapping[str, NDArray[Any]],
    threads: int = 1,
) -> dict[str, BoolArray] | None:
    """The masks of a `Pruner` of these parts where nothing was pruned before, or None if its kernels cannot do both.

    The masks do not depend on `threads`. Raises InputError like `Pruner.masks`.
    """
    if not _served(pattern, selector, criterion):
        return None
    arrays = {layer: checked_weight(weight, layer, finite=False) for layer, weight in weights.items()}
    if isinstance(pattern, NM):
        results = [n_of_m_mask_unchecked(array, pattern.keep, pattern.of, threads) for array in arrays.values()]
        masks, finite = [mask for mask, _ in results], all(sound for _, sound in results)
    else:
        assert isinstance(pattern, TilePattern)
        assert isinstance(selector, BySparsity)
        masks, finite = _by_sparsity(pattern, selector, list(arrays.values()), threads)
    if not finite:  # or only a sum overflowed; infinite scores rank first
        for layer, array in arrays.items():
            check_finite(array, layer)
    return dict(zip(arrays, masks, strict=True))


def _served(pattern: TilePattern | FixedPattern, selector: Selector | None, criterion: Criterion) -> bool:
    if type(pattern) is NM:
        return criterion.weight_only
    if not isinstance(pattern, TilePattern) or type(selector) is not BySparsity:
        return False
    if selector.scope == "row" or selector.max_layer_sparsity < 1:
        return False
    return criterion.weight_only if isinstance(pattern, Element) else criterion.is_magnitude_sum


def _by_sparsity(
    pattern: TilePattern, selector: BySparsity, arrays: Sequence[FloatArray], threads: int
) -> tuple[list[BoolArray], bool]:
    """Masks of all layers, and whether all their scores are finite."""
    single = isinstance(pattern, Element)
    scores = [array.reshape(-1) if single else pattern.sums(array, threads) for array in arrays]
    flags, finite = [], True
    for together in [scores] if selector.scope == "global" else [[one] for one in scores]:
        groups = sum(one.size for one in together)
        kept, sound = ranked(together, groups - round(selector.sparsity * groups), threads)
        flags.extend(kept)
        finite &= sound
    if single:
        return [flag.reshape(array.shape) for flag, array in zip(flags, arrays, strict=True)], finite
    masks = [pattern.expand(flag, array.shape, threads) for flag, array in zip(flags, arrays, strict=True)]
    return masks, finite
