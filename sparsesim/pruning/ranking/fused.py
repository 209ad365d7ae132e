"""Masks in one reading of the weights: the kernels that rank them also find NaN and infinity on their way.

Only pruners whose kernels do so are served: N:M, and groups dropped by sparsity with the score "l1" (or any score of
single weights). All others check the weights first, in a pass of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.pruning.checks import check_finite, checked_weight
from sparsesim.pruning.patterns.element import Element
from sparsesim.pruning.patterns.fixed import FixedPattern, largest_of_rows
from sparsesim.pruning.patterns.nm import NM
from sparsesim.pruning.patterns.tiles import TilePattern
from sparsesim.pruning.ranking.largest import ranked
from sparsesim.pruning.selectors.amounts import BySparsity
from sparsesim.pruning.selectors.base import Selector

ELEMENT_SCORES = ("magnitude", "l1", "l2")


def fused_masks(
    pattern: TilePattern | FixedPattern,
    selector: Selector | None,
    criterion: str,
    weights: Mapping[str, NDArray[Any]],
    threads: int = 1,
) -> dict[str, BoolArray] | None:
    """The masks of a `Pruner` of these parts without an earlier mask, or None if it is not one that is served here.

    The masks do not depend on `threads`. Raises InputError like `Pruner.masks`.
    """
    if not _served(pattern, selector, criterion):
        return None
    arrays = {layer: checked_weight(weight, layer, finite=False) for layer, weight in weights.items()}
    if isinstance(pattern, NM):
        results = [largest_of_rows(array, pattern.keep, pattern.of, threads) for array in arrays.values()]
        masks, finite = [mask for mask, _ in results], all(sound for _, sound in results)
    else:
        assert isinstance(pattern, TilePattern)
        assert isinstance(selector, BySparsity)
        masks, finite = _by_sparsity(pattern, selector, list(arrays.values()), threads)
    if not finite:  # or only a sum overflowed; infinite scores rank first
        for layer, array in arrays.items():
            check_finite(array, layer)
    return dict(zip(arrays, masks, strict=True))


def _served(pattern: TilePattern | FixedPattern, selector: Selector | None, criterion: str) -> bool:
    if type(pattern) is NM:
        return criterion in ELEMENT_SCORES
    if not isinstance(pattern, TilePattern) or type(selector) is not BySparsity:
        return False
    if selector.scope == "row" or selector.max_layer_sparsity < 1:
        return False
    return criterion in ELEMENT_SCORES if isinstance(pattern, Element) else criterion == "l1"


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
