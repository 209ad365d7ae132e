"""Jitted loops of bit packing: items of equal width into bytes and back, least significant bit first.

An item may begin anywhere in a byte and span up to nine bytes, so both loops move the part of an item that lies in
one byte at a time. Bytes are widened to int64 first: numba would make a float64 of a uint64 combined with an int64.
"""

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray

ByteArray = NDArray[np.uint8]


@kernel
def pack_bits(codes: IntArray, width: int, payload: ByteArray) -> None:
    """Write the low `width` bits of every code into the zeroed `payload`, least significant bit first."""
    for item in range(len(codes)):
        rest, bit, left = codes[item], item * width, width
        while left > 0:
            shift = bit & 7
            taken = min(8 - shift, left)
            chunk = rest & ((1 << taken) - 1)
            payload[bit >> 3] = np.int64(payload[bit >> 3]) | (chunk << shift)
            rest >>= taken
            bit += taken
            left -= taken


@kernel
def unpack_bits(payload: ByteArray, width: int, codes: IntArray) -> None:
    """Read len(codes) items of `width` bits; a 64-bit item keeps its sign bit."""
    for item in range(len(codes)):
        code, bit, read = np.int64(0), item * width, 0
        while read < width:
            shift = bit & 7
            taken = min(8 - shift, width - read)
            chunk = (np.int64(payload[bit >> 3]) >> shift) & ((1 << taken) - 1)
            code |= chunk << read
            bit += taken
            read += taken
        codes[item] = code
