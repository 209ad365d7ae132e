"""Channel permutation before N:M: put input channels side by side so that the N:M mask keeps most of the weights.

The order of the input channels of a layer is free if the outputs of the layer before it are permuted alike. After
Pool and Yu, "Channel Permutations for N:M Sparsity", NeurIPS 2021: exchange channels between two groups at a time,
with restarts from a shuffled order to escape local optima.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, FloatArray, IntArray
from sparsesim.errors import InputError
from sparsesim.pruning.checks import checked_weight
from sparsesim.pruning.patterns.nm import NM
from sparsesim.transforms.permute.kernels import group_size, improve

LEVELS = 1 << 30  # |w| in steps of 2^-30 of the largest: finer than float32, and sums over 2^32 rows fit
EXHAUSTIVE = 4  # groups up to this size are split in every possible way, longer ones by single exchanges
LONGEST_SWEEP = 32  # distances between groups that meet in one sweep
WORK = 1e10  # weights read in splits, all sweeps together: seconds


@dataclass(frozen=True)
class ChannelPermutation:
    """An order of input channels and the N:M mask of the weight in that order.

    `weight[:, order]` is the permuted weight, of which `mask` (True = kept) is the N:M mask. In the original order
    the same weights are not N:M. `kept_before` and `kept_after` are the shares of sum |w| that N:M keeps in the
    original and in the new order; the second is never below the first.
    """

    order: IntArray
    mask: BoolArray
    kept_before: float
    kept_after: float

    @property
    def inverse(self) -> IntArray:
        """The order that undoes `order`."""
        return np.argsort(self.order)

    @property
    def original_mask(self) -> BoolArray:
        """The kept weights in the original order of the channels, for instance to train with; not N:M."""
        return self.mask[:, self.inverse]


def permute_channels(
    weight: NDArray[Any], pattern: NM | None = None, *, seed: int = 0, restarts: int = 32, work: float = WORK
) -> ChannelPermutation:
    """An order of the input channels of `weight` ([out, K] or [c_out, c_in, kh, kw]) for `pattern` (default 2:4).

    From the given order, pairs of groups are split anew as long as that keeps more magnitude: in every possible way
    for groups of up to 4 (35 ways for 2:4), by single exchanges for longer ones. Then again from shuffled orders,
    `restarts` times or until about `work` weights were read (the default takes some seconds). The best order is
    taken; equal arguments give equal orders. Guaranteed: never less kept than in the given order, and for 8 columns
    of 2:4 the optimum. Otherwise, up to 64 groups, no single split of two groups improves the result: it is the best
    of several local optima (of 12 columns mostly the optimum). Of more groups every sweep pairs each with 64 others,
    and the search ends when the work runs out.
    The last K mod M columns of a matrix stay where they are.
    Raises InputError if the groups of a convolution do not fit into its input channels.
    """
    pattern = pattern or NM(2, 4)
    array = checked_weight(weight, "weight")
    sizes = _sizes_by_channel(array, pattern)
    groups = array.shape[1] // pattern.of
    order = np.arange(array.shape[1], dtype=np.int64)
    if groups > 1 and sizes.shape[1] and sizes.any():
        head = groups * pattern.of
        order[:head] = _search(_integers(sizes[:head]), pattern, np.random.default_rng(seed), restarts, work)
    before, after = (kept_fraction(array[:, each], pattern) for each in (np.arange(order.size), order))
    if after < before:  # only by the rounding to integers
        order, after = np.arange(order.size), before
    mask = pattern.mask(np.ascontiguousarray(array[:, order]))
    return ChannelPermutation(order, mask, before, after)


def kept_fraction(weight: FloatArray, pattern: NM) -> float:
    """Share of sum |w| that the N:M mask of `weight` keeps; 1 if all weights are 0."""
    contiguous = np.ascontiguousarray(weight)
    sizes = np.abs(contiguous)
    total = float(sizes.sum(dtype=np.float64))
    return float(sizes.sum(dtype=np.float64, where=pattern.mask(contiguous))) / total if total else 1.0


def permuted_pair(
    order: IntArray, consumer: NDArray[Any], producers: Iterable[NDArray[Any]]
) -> tuple[NDArray[Any], list[NDArray[Any]]]:
    """`consumer` with its input channels (axis 1) in `order`, and `producers` with their outputs (axis 0) alike.

    Producers are all arrays with one entry per channel: weight and bias of the layer before, and scale, shift, mean
    and variance of a normalisation in between. What stands between must act on every channel alone (ReLU, pooling).
    The outputs of the consumer stay the same. Raises InputError if a number of channels differs.
    """
    arrays = [np.asarray(array) for array in producers]
    for name, channels in [("consumer inputs", consumer.shape[1]), *(("outputs", len(array)) for array in arrays)]:
        if channels != len(order):
            raise InputError(f"{channels} {name}, but the order is of {len(order)} channels")
    return consumer[:, order], [array[order] for array in arrays]


def _search(columns: IntArray, pattern: NM, rng: np.random.Generator, restarts: int, work: float) -> IntArray:
    """The best order found, of columns `[groups * of, rows]`."""
    splits = _splits(pattern.of)
    groups = len(columns) // pattern.of
    best, best_kept = np.arange(len(columns)), -1
    for attempt in range(1 + restarts):
        order = np.arange(len(columns)) if attempt == 0 else rng.permutation(len(columns))
        kept = _kept(columns, order, pattern)
        for shifts in _sweeps(groups, rng):
            work -= len(shifts) * groups * splits.size * columns.shape[1]
            gained = improve(columns, order, kept, splits, pattern.keep, shifts)
            if not gained or work < 0:
                break
        if kept.sum() > best_kept:
            best, best_kept = order, int(kept.sum())
        if work < 0:
            break
    return best


def _sweeps(groups: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Distances between groups that meet, sweep after sweep; each pair once where there are few groups."""
    while True:
        yield rng.permutation(np.arange(1, groups // 2 + 1))[:LONGEST_SWEEP]


def _splits(of: int) -> IntArray:
    """Arrangements of the places of two groups, `[s, 2 of]`; the first one is the given arrangement.

    All ways to split them in two for short groups, all exchanges of one place for longer ones.
    """
    places = range(2 * of)
    most = of // 2 if of <= EXHAUSTIVE else 1  # exchanging more than half is exchanging the others
    rows = []
    for count in range(most + 1):
        for out in combinations(range(of), count):
            for into in combinations(range(of, 2 * of), count):
                swap = dict(zip(out + into, into + out, strict=True))
                if 2 * count < of or 0 in out or not count:
                    rows.append([swap.get(place, place) for place in places])
    return np.array(rows, dtype=np.int64)


def _kept(columns: IntArray, order: IntArray, pattern: NM) -> IntArray:
    scratch = np.zeros(pattern.keep, dtype=np.int64)
    members = order.reshape(-1, pattern.of)
    return np.array([group_size(columns, group, pattern.keep, scratch) for group in members], dtype=np.int64)


def _sizes_by_channel(array: FloatArray, pattern: NM) -> FloatArray:
    """|w| as `[channels, everything else]`."""
    if array.ndim == 4 and array.shape[1] % pattern.of:
        raise InputError(
            f"{array.shape[1]} input channels are not cut into groups of {pattern.of}: their groups cross positions"
        )
    channels = np.moveaxis(array, 1, 0)
    rest = array.size // max(1, array.shape[1])
    return np.ascontiguousarray(np.abs(channels.reshape(array.shape[1], rest)))


def _integers(sizes: FloatArray) -> IntArray:
    wide = sizes.astype(np.float64)
    # Only the channels in whole groups are searched; they may all be zero where the rest is not.
    steps: IntArray = np.rint(wide / (wide.max() or 1.0) * LEVELS).astype(np.int64)
    return steps
