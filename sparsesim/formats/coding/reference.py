"""What bit packing, gaps, k-means and Huffman codes mean, written out. Slow and obvious; the tests compare with it."""

import numpy as np

from sparsesim.array_types import Float64Array, IntArray


def packed(codes: list[int], width: int) -> bytes:
    """All codes side by side in one big little-endian integer."""
    mask = (1 << width) - 1
    whole = sum((code & mask) << (width * item) for item, code in enumerate(codes))
    return whole.to_bytes((len(codes) * width + 7) // 8, "little")


def gaps(positions: IntArray, bits: int) -> list[tuple[int, bool]]:
    """(zeros before an entry, whether it stores a value): a longer run is bridged by entries of 2**bits - 1."""
    entries, next_free = [], 0
    for position in positions:
        while position - next_free >= 1 << bits:
            entries.append(((1 << bits) - 1, False))
            next_free += 1 << bits
        entries.append((int(position) - next_free, True))
        next_free = int(position) + 1
    return entries


def lloyd(values: Float64Array, centroids: Float64Array, rounds: int) -> tuple[Float64Array, IntArray]:
    """(centroids, nearest centroid of each value) after Lloyd's rounds; ties go to the lower, empty ones stay put."""
    for _ in range(rounds):
        nearest = np.abs(values[:, None] - centroids[None, :]).argmin(axis=1)
        members = [values[nearest == cluster] for cluster in range(len(centroids))]
        centroids = np.array([m.sum() / len(m) if len(m) else centroids[i] for i, m in enumerate(members)])
    return centroids, np.abs(values[:, None] - centroids[None, :]).argmin(axis=1)


def huffman_bits(counts: IntArray) -> int:
    """Bits that the best prefix code needs for symbols of these counts: the sum of all merged pairs.

    A symbol that is alone takes one bit each time (D. A. Huffman, Proc. IRE, 1952).
    """
    weights = sorted(int(count) for count in counts if count)
    if len(weights) == 1:
        return weights[0]
    total = 0
    while len(weights) > 1:
        merged = weights[0] + weights[1]
        total += merged
        weights = sorted([*weights[2:], merged])
    return total


def prefix_text(symbols: IntArray, codes: IntArray, lengths: IntArray) -> str:
    """The codes of the symbols as a text of 0 and 1, most significant bit first."""
    return "".join(format(codes[symbol], f"0{lengths[symbol]}b") for symbol in symbols)
