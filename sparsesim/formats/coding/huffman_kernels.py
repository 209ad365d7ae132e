"""Jitted loops that write prefix codes into a bit stream and read canonical ones back; int64 everywhere."""

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray

ByteArray = NDArray[np.uint8]


@kernel
def write_codes(symbols: IntArray, codes: IntArray, lengths: IntArray, payload: ByteArray) -> int:
    """Write the code of every symbol into the zeroed `payload`, most significant bit first; returns the bits."""
    bit = 0
    for item in range(len(symbols)):
        code = codes[symbols[item]]
        for place in range(lengths[symbols[item]] - 1, -1, -1):
            if (code >> place) & 1:
                payload[bit >> 3] = np.int64(payload[bit >> 3]) | (128 >> (bit & 7))
            bit += 1
    return bit


@kernel
def read_codes(
    payload: ByteArray, first_codes: IntArray, counts: IntArray, ordered: IntArray, symbols: IntArray
) -> int:
    """Read len(symbols) canonical codes; returns the bits read, or -1 where the stream is damaged or too short.

    `counts[length]` codes have a length, the smallest of them is `first_codes[length]`, and `ordered` holds the
    symbols by ascending length and code. Canonical codes of one length are consecutive numbers, so that a code is
    recognised by its distance from the first one, without a tree.
    """
    bit, end = 0, 8 * len(payload)
    for item in range(len(symbols)):
        code, before, found = np.int64(0), np.int64(0), False
        for length in range(1, len(counts)):
            if bit == end:
                return -1
            code = (code << 1) | ((np.int64(payload[bit >> 3]) >> (7 - (bit & 7))) & 1)
            bit += 1
            place = code - first_codes[length]
            if 0 <= place < counts[length]:
                symbols[item] = ordered[before + place]
                found = True
                break
            before += counts[length]
        if not found:
            return -1
    return bit
