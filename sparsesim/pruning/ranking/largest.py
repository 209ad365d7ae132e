"""The exact mask of the largest magnitudes, over one array or several, with no temporaries of their size.

Two ways lead to the same mask. *Bracket*: a strided sample shows between which two values the k-th largest lies; one
pass marks what is above and collects the 1 % in between, and only that is ranked. *Radix*: histograms of the bits, 16
at a time, find the k-th largest exactly. The bracket is two to three times faster; the radix is used for small arrays,
and where values repeat so often that no bracket is narrow.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sparsesim._jit import over_rows
from sparsesim.array_types import BoolArray, FloatArray, IntArray
from sparsesim.pruning.kernels import first_non_finite
from sparsesim.pruning.ranking.kernels import CHUNK, count_digits, mark_from_cut, split_at_bracket

SAMPLES = 1 << 16  # enough that the bracket holds about 1 % of the values
SMALL = 1 << 18  # below this the histograms cost less than the sample
DIGIT_BITS = 16


def keep_largest(parts: Sequence[FloatArray], keep: int, threads: int = 1) -> list[BoolArray]:
    """Masks of the `keep` largest magnitudes over all `parts` (1-D float32 or float64, finite) together.

    Ties go to the earlier part, then to the lower index. The masks do not depend on `threads`.
    """
    return ranked(parts, keep, threads)[0]


def ranked(parts: Sequence[FloatArray], keep: int, threads: int = 1) -> tuple[list[BoolArray], bool]:
    """The masks of `keep_largest`, and whether all values are finite; if not, the masks mean nothing."""
    total = sum(part.size for part in parts)
    if keep <= 0 or keep >= total:
        return [np.full(part.size, keep > 0, dtype=np.bool_) for part in parts], _finite(parts)
    parts = _one_type(parts)
    masks = by_bracket(parts, keep, threads) if total >= SMALL else None
    if masks is not None:
        return masks, True
    return by_radix(parts, keep), _finite(parts)


def by_bracket(parts: Sequence[FloatArray], keep: int, threads: int = 1) -> list[BoolArray] | None:
    """The masks of `keep_largest`, or None when a value is not finite, or the sampled bracket is missed or crowded."""
    low, high = _bracket(parts, keep)
    masks = [np.empty(part.size, dtype=np.bool_) for part in parts]
    insides, above = [], 0
    for part, mask in zip(parts, masks, strict=True):
        found = _split(part, low, high, mask, threads)
        if found is None:
            return None
        insides.append(found[0])
        above += found[1]
    missing = keep - above
    if not 0 <= missing <= sum(inside.size for inside in insides):
        return None
    narrow = [part[inside] for part, inside in zip(parts, insides, strict=True)]
    for mask, inside, chosen in zip(masks, insides, by_radix(narrow, missing), strict=True):
        mask[inside[chosen]] = True
    return masks


def _split(
    part: FloatArray, low: np.floating[Any], high: np.floating[Any], mask: BoolArray, threads: int
) -> tuple[IntArray, int] | None:
    """Indices inside the bracket and the number above it, `mask` set; None when a slab gives up."""

    def run(first: int, stop: int) -> tuple[IntArray, int]:
        inside = np.empty((stop - first) // 32 + 1024, dtype=np.int64)
        found, above = split_at_bracket(part[first:stop], low, high, mask[first:stop], inside)
        return inside[: max(found, 0)] + first, -1 if found < 0 else above

    slabs = over_rows(run, part.size, threads, step=CHUNK)
    if any(above < 0 for _, above in slabs):
        return None
    return np.concatenate([inside for inside, _ in slabs]), sum(above for _, above in slabs)


def by_radix(parts: Sequence[FloatArray], keep: int) -> list[BoolArray]:
    """The masks of `keep_largest` from exact histograms of the bits; needs 0 <= keep <= total."""
    masks = [np.zeros(part.size, dtype=np.bool_) for part in parts]
    if keep == 0:
        return masks
    cut, ties = _cut(parts, keep)
    for part, mask in zip(parts, masks, strict=True):
        integer = np.dtype(f"i{part.itemsize}")
        ties = mark_from_cut(part.view(integer), np.iinfo(integer).max, cut, ties, mask)
    return masks


def _cut(parts: Sequence[FloatArray], keep: int) -> tuple[int, int]:
    """Bits of the keep-th largest magnitude, and how many of the values equal to it are kept."""
    integer = np.dtype(f"i{parts[0].itemsize}")
    prefix = 0
    for shift in range(8 * integer.itemsize - DIGIT_BITS, -1, -DIGIT_BITS):
        counts = np.zeros(1 << DIGIT_BITS, dtype=np.int64)
        for part in parts:
            count_digits(part.view(integer), np.iinfo(integer).max, prefix, shift, counts)
        at_least = np.cumsum(counts[::-1])[::-1]
        digit = int(np.flatnonzero(at_least >= keep)[-1])
        keep -= int(at_least[digit] - counts[digit])
        prefix = prefix << DIGIT_BITS | digit
    return prefix, keep


def _bracket(parts: Sequence[FloatArray], keep: int) -> tuple[np.floating[Any], np.floating[Any]]:
    """Two values between which the keep-th largest magnitude almost always lies."""
    total = sum(part.size for part in parts)
    step = max(1, total // SAMPLES) | 1  # odd, so that it rarely falls into step with the columns
    sample = np.sort(np.abs(np.concatenate([part[::step] for part in parts])))[::-1]
    rank = sample.size * keep / total
    # The rank of the cut in the sample is binomial; four standard deviations miss it once in about 16,000 samples.
    margin = 4 * math.sqrt(rank * (1 - keep / total)) + 4
    first, last = math.floor(rank - margin), math.ceil(rank + margin)
    high = sample[first] if first >= 0 else sample.dtype.type(np.inf)
    low = sample[last] if last < sample.size else sample.dtype.type(0)
    return low, high


def _one_type(parts: Sequence[FloatArray]) -> Sequence[FloatArray]:
    """The parts in the widest of their types, copied only where they differ."""
    widest = np.result_type(*parts)
    return [part.astype(widest, copy=False) for part in parts]


def _finite(parts: Sequence[FloatArray]) -> bool:
    return all(first_non_finite(part) < 0 for part in parts)
