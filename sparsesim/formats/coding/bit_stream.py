"""Streams of equally wide items packed into bytes, least significant bit first."""

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import IntArray
from sparsesim.dtypes import DType
from sparsesim.errors import InputError
from sparsesim.formats.base import Stream
from sparsesim.formats.coding.bit_kernels import pack_bits, unpack_bits
from sparsesim.units import bits_to_bytes


def pack(codes: IntArray, width: int) -> NDArray[np.uint8]:
    """The low `width` bits (0..64) of every int64 code, as ceil(len(codes) * width / 8) bytes."""
    payload = np.zeros(bits_to_bytes(len(codes) * width), np.uint8)
    pack_bits(codes, width, payload)
    return payload


def unpack(payload: NDArray[np.uint8], width: int, count: int) -> IntArray:
    """The first `count` items of `width` bits as int64; narrower items than 64 bits are not negative.

    Raises InputError if the payload is too short for them.
    """
    if len(payload) < bits_to_bytes(count * width):
        raise InputError(f"{count} items of {width} bits need {bits_to_bytes(count * width)} bytes, not {len(payload)}")
    codes = np.zeros(count, np.int64)
    unpack_bits(payload, width, codes)
    return codes


def metadata_stream(name: str, codes: IntArray, item_bits: int) -> Stream:
    """A stream of indices, pointers, gaps or codebook entries."""
    return Stream(name, "metadata", item_bits, len(codes), pack(codes, item_bits))


def value_stream(codes: IntArray, dtype: DType) -> Stream:
    """The stream "values"."""
    return Stream("values", "data", dtype.bits, len(codes), pack(codes, dtype.bits))


def read_stream(stream: Stream) -> IntArray:
    """The items of a stream as int64."""
    return unpack(stream.payload, stream.item_bits, stream.count)


def signed(codes: IntArray, width: int) -> IntArray:
    """Items of `width` bits read as two's complement."""
    half = 1 << (width - 1)
    return (codes ^ half) - half
