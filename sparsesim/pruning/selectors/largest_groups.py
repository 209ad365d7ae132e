"""Which groups stay when their number is known: in one layer, in every row of it, or over several layers."""

from collections.abc import Sequence

import numpy as np

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.errors import InputError
from sparsesim.pruning.ranking.largest import keep_largest
from sparsesim.pruning.selectors.base import Candidates

AT_ONCE = 1 << 20  # scores that are ranked at a time, so that temporaries stay small


def n_kept(groups: int, sparsity: float) -> int:
    """Groups left of `groups` when round(sparsity * groups) are dropped."""
    return groups - round(sparsity * groups)


def keep_in_layer(layer: Candidates, sparsity: float) -> BoolArray:
    """Flags of the largest scores of one layer."""
    return keep_largest([layer.scores], n_kept(layer.groups, sparsity))[0]


def keep_in_rows(layer: Candidates, sparsity: float) -> BoolArray:
    """Flags of the largest scores of every row of groups; each row drops the same number."""
    sizes = np.abs(layer.scores)
    if layer.alive is not None:
        whole = np.full(layer.groups, -1, dtype=sizes.dtype)  # below a zero that is still there
        whole[layer.alive] = sizes
        sizes = whole
    rows = sizes.reshape(-1, layer.columns) if layer.columns else sizes.reshape(0, 0)
    kept = largest_of_rows(rows, n_kept(layer.columns, sparsity)).reshape(-1)
    return kept if layer.alive is None else kept[layer.alive]


def largest_of_rows(sizes: FloatArray, keep: int) -> BoolArray:
    """Mask [rows, n] of the `keep` largest values of every row; ties go to the lower index."""
    if keep <= 0 or keep >= sizes.shape[1]:
        return np.full(sizes.shape, keep > 0, dtype=np.bool_)
    mask = np.empty(sizes.shape, dtype=np.bool_)
    step = max(1, AT_ONCE // sizes.shape[1])
    for top in range(0, len(sizes), step):
        part = sizes[top : top + step]
        cut = np.partition(part, -keep, axis=1)[:, -keep, None]
        above, ties = part > cut, part == cut
        left = keep - above.sum(axis=1, keepdims=True)
        mask[top : top + step] = above | (ties & (np.cumsum(ties, axis=1) <= left))
    return mask


def keep_together(
    layers: Sequence[Candidates], scores: Sequence[FloatArray], keep: int, limit: float
) -> list[BoolArray]:
    """Flags of the `keep` largest of all layers' `scores` together; no layer loses more than the share `limit`.

    Raises InputError when that leaves more than `keep` groups.
    """
    if limit >= 1:
        return keep_largest(scores, keep)
    least = [min(layer.scores.size, max(1, n_kept(layer.groups, limit))) for layer in layers]
    if sum(least) > keep:
        raise InputError(f"max_layer_sparsity={limit:g} leaves {sum(least)} groups, more than the {keep} to keep")
    flags = [keep_largest([part], n)[0] for part, n in zip(scores, least, strict=True)]
    others = [np.flatnonzero(~sure) for sure in flags]
    rest = keep_largest([part[other] for part, other in zip(scores, others, strict=True)], keep - sum(least))
    for sure, other, chosen in zip(flags, others, rest, strict=True):
        sure[other[chosen]] = True
    return flags
