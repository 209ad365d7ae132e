"""Jitted loops of the exact ranking by magnitude: one pass around a bracket, histograms of the bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import BoolArray, FloatArray, IntArray

CHUNK = 1024  # elements per inner loop: short enough to stay in L1, a multiple of the 8 bytes of a word


@kernel
def split_at_bracket(
    values: FloatArray,
    low: np.floating[Any],
    high: np.floating[Any],
    mask: BoolArray,
    inside: IntArray,
) -> tuple[int, int]:
    """Sort out `values [n]` by magnitude: above the bracket [low, high], inside it, or below it.

    Sets `mask [n]` to |values| > high, and `inside` to the indices of the values inside the bracket, ascending.
    Returns (number inside, number above), or (-1, 0) when `inside` may be too short or a value is not finite.

    About one value in a hundred lies inside, so that looking at flags one by one would cost more than setting them:
    eight flags are looked at together, as one int64 word, and only words with a flag are taken apart.
    """
    flags = np.zeros(CHUNK, np.int8)
    words, occupied = flags.view(np.int64), np.empty(CHUNK // 8 + 1, np.int64)
    found, above = 0, 0
    for start in range(0, values.size, CHUNK):
        part, out = values[start : start + CHUNK], mask[start : start + CHUNK]
        count, bad = np.int32(0), np.int32(0)
        # Three loops instead of one: each has a single type of result, so that it becomes vector instructions.
        for i in range(part.size):
            size = abs(part[i])
            out[i] = size > high
            flags[i] = np.int8(size >= low) - np.int8(size > high)
        for i in range(part.size):
            count += np.int32(out[i])
        for i in range(part.size):
            bad |= np.int32((part[i] - part[i]) != 0)
        above += int(count)
        for i in range(part.size, CHUNK):  # the last chunk is shorter and must not see the flags of the one before
            flags[i] = 0
        number = 0
        for word in range(CHUNK // 8):
            occupied[number] = word
            number += words[word] != 0
        if bad != 0 or found + 8 * number + 1 > inside.size:  # every index is written, then kept only if flagged
            return -1, 0
        for word in occupied[:number]:
            for i in range(8 * word, 8 * word + 8):
                inside[found] = start + i
                found += flags[i]
    return found, above


@kernel
def count_digits(bits: NDArray[np.signedinteger], magnitude: int, prefix: int, shift: int, counts: IntArray) -> None:
    """Histogram the 16-bit digit at `shift` of all keys `bits & magnitude` whose higher digits equal `prefix`.

    `bits [n]` are floats seen as signed integers, `magnitude` clears their sign; `counts [65536]` is added to. Without
    the sign, the bits of floats order like their magnitudes.
    """
    for i in range(bits.size):
        digits = (np.int64(bits[i]) & magnitude) >> shift
        if digits >> 16 == prefix:
            counts[digits & 0xFFFF] += 1


@kernel
def mark_from_cut(bits: NDArray[np.signedinteger], magnitude: int, cut: int, ties: int, mask: BoolArray) -> int:
    """Set `mask [n]` for keys above `cut` and for the first `ties` keys equal to it; returns the ties left over."""
    for i in range(bits.size):
        key = np.int64(bits[i]) & magnitude
        mask[i] = key > cut
        if key == cut and ties > 0:
            mask[i] = True
            ties -= 1
    return ties
