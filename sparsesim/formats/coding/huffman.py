"""Symbols of a few bits as a stream of bytes: of fixed width, or with canonical Huffman codes and their table."""

import heapq
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError
from sparsesim.formats.coding.bit_stream import pack, unpack
from sparsesim.formats.coding.huffman_kernels import read_codes, write_codes
from sparsesim.units import bits_to_bytes

ByteArray = NDArray[np.uint8]
MAX_LENGTH = 62
"""Longest code that fits an int64. A longer one would take more symbols than any network has weights."""


@dataclass(frozen=True, eq=False)
class SymbolStream:
    """`count` symbols of an alphabet of 2**bits.

    Attributes:
        bits: width of a symbol before coding.
        count: symbols in the stream.
        payload: uint8, whole bytes. Fixed width: least significant bit first; codes: most significant bit first.
        table: uint8. Empty in a stream that is always of fixed width. Else one byte L, and unless L is 0 (fixed
            width after all, because codes with their table were longer) the length of the code of every
            symbol of the alphabet, L bits each; lengths define canonical codes (RFC 1951, 3.2.2).
    """

    bits: int
    count: int
    payload: ByteArray
    table: ByteArray

    @property
    def size_bytes(self) -> int:
        """Payload and table."""
        return len(self.payload) + len(self.table)

    @property
    def bits_per_symbol(self) -> float:
        """Bytes of the payload, without the table, spread over the symbols."""
        return 8 * len(self.payload) / self.count if self.count else 0.0

    def symbols(self) -> IntArray:
        """The symbols int64[count]; InputError where table or payload are damaged."""
        width = int(self.table[0]) if len(self.table) else 0
        if not width:
            return unpack(self.payload, self.bits, self.count)
        return _decoded(self.payload, unpack(self.table[1:], width, 1 << self.bits), self.count)


def encode_symbols(symbols: IntArray, bits: int, huffman: bool) -> SymbolStream:
    """Symbols in [0, 2**bits) as a stream; with `huffman` coded where that, with the table, is shorter."""
    fixed = bits_to_bytes(len(symbols) * bits)
    if not huffman:
        return SymbolStream(bits, len(symbols), pack(symbols, bits), np.zeros(0, np.uint8))
    counts = np.bincount(symbols, minlength=1 << bits).astype(np.int64)
    lengths = code_lengths(counts)
    table = packed_table(lengths)
    coded = bits_to_bytes(int(counts @ lengths))
    if coded + len(table) > fixed:
        return SymbolStream(bits, len(symbols), pack(symbols, bits), np.zeros(1, np.uint8))
    payload = np.zeros(coded, np.uint8)
    write_codes(symbols, canonical_codes(lengths), lengths, payload)
    return SymbolStream(bits, len(symbols), payload, table)


def code_lengths(counts: IntArray) -> IntArray:
    """Lengths of the best prefix code, int64 like `counts`; 0 for symbols that never occur, 1 for one alone.

    Merges the two rarest nodes until one is left (D. A. Huffman, Proc. IRE, 1952). Ties go to the older node.
    """
    used = np.flatnonzero(counts)
    lengths = np.zeros(len(counts), np.int64)
    if len(used) < 2:
        lengths[used] = 1
        return lengths
    parents = _merged([int(counts[symbol]) for symbol in used])
    depths = np.zeros(len(parents), np.int64)
    for node in range(len(parents) - 2, -1, -1):
        depths[node] = depths[parents[node]] + 1
    lengths[used] = depths[: len(used)]
    return lengths


def _merged(counts: list[int]) -> list[int]:
    """Parent of every node: leaves first, then merged ones as they arise; the root is last."""
    numbers = count(len(counts))
    heap = [(weight, node) for node, weight in enumerate(counts)]
    heapq.heapify(heap)
    parents = [-1] * (2 * len(counts) - 1)
    while len(heap) > 1:
        (first, left), (second, right) = heapq.heappop(heap), heapq.heappop(heap)
        node = next(numbers)
        parents[left] = parents[right] = node
        heapq.heappush(heap, (first + second, node))
    return parents


def canonical_codes(lengths: IntArray) -> IntArray:
    """Codes int64 in ascending order of (length, symbol); 0 for symbols without one."""
    first_codes, _, ordered = _canonical(lengths)
    codes = np.zeros(len(lengths), np.int64)
    for length in range(1, len(first_codes)):
        members = ordered[lengths[ordered] == length]
        codes[members] = first_codes[length] + np.arange(len(members))
    return codes


def packed_table(lengths: IntArray) -> ByteArray:
    """One byte L and every length in L bits; L is what the longest needs (at least 1)."""
    width = max(int(lengths.max(initial=0)).bit_length(), 1)
    return np.concatenate([np.array([width], np.uint8), pack(lengths, width)])


def table_bytes(width: int, bits: int) -> int:
    """Bytes of a table whose first byte is `width`, for an alphabet of 2**bits."""
    return 1 + bits_to_bytes(width << bits)


def _canonical(lengths: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """(first code of every length, codes of every length, symbols by length); InputError if they are no prefix code."""
    if lengths.max(initial=0) > MAX_LENGTH:
        raise InputError(f"a Huffman table with codes of {lengths.max()} bits is damaged")
    counts = np.bincount(lengths, minlength=1).astype(np.int64)
    counts[0] = 0
    first_codes = np.zeros(len(counts), np.int64)
    for length in range(1, len(counts)):
        first_codes[length] = (first_codes[length - 1] + counts[length - 1]) << 1
        if first_codes[length] + counts[length] > 1 << length:
            raise InputError(f"a Huffman table with {counts[length]} codes of {length} bits is damaged")
    used = np.flatnonzero(lengths)
    return first_codes, counts, used[np.argsort(lengths[used], kind="stable")]


def _decoded(payload: ByteArray, lengths: IntArray, symbols: int) -> IntArray:
    decoded = np.zeros(symbols, np.int64)
    first_codes, counts, ordered = _canonical(lengths)
    if read_codes(payload, first_codes, counts, ordered, decoded) < 0:
        raise InputError(f"a Huffman stream of {len(payload)} bytes does not hold {symbols} symbols")
    return decoded
