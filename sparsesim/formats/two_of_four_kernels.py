"""Jitted loops between a dense matrix and its 2:4 storage; straight inner loops over groups, without branches.

A group is four consecutive weights of a row, padded with zeros at the end of the row. Its code has four bits: the
place of the first kept value in the low two, of the second in the high two. Two codes share a byte, so that the bytes
are those of 2-bit places packed least significant bit first.

Codes are int8 because the loops lose their vector instructions with uint8: packing then takes twice as long and
unpacking ten times. The price is a sign bit, which `& 15` removes after a shift to the right.
"""

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import FloatArray

CHUNK = 2048  # groups whose codes are held at a time: they stay in L1


@kernel
def compress_rows(matrix: FloatArray, row_codes: NDArray[np.int8], values: FloatArray, codes: NDArray[np.int8]) -> bool:
    """Keep the two largest magnitudes of every group of `matrix [R, K]`, the lower column of equal ones.

    With G = ceil(K / 4): sets `values [R, 2 G]` and `codes [ceil(R G / 2)]`, two codes per byte, the low half first.
    `row_codes [CHUNK]` is scratch. Of two weights at the end of a row one is kept. Returns whether all
    weights are finite.
    """
    groups, whole = values.shape[1] // 2, matrix.shape[1] // 4
    bad = 0
    tail = np.zeros(4, matrix.dtype)
    for i in range(matrix.shape[0]):
        row, out = matrix[i], values[i]
        for start in range(0, whole, CHUNK):
            stop = min(start + CHUNK, whole)
            part = row[4 * start : 4 * stop]
            bad |= _compress(part, out[2 * start : 2 * stop], row_codes)
            _pack(row_codes[: stop - start], i * groups + start, codes)
        if whole < groups:
            rest = row.size - 4 * whole
            tail[:rest] = row[4 * whole :]
            bad |= _compress(tail, out[2 * whole :], row_codes)
            if rest == 2:  # two zeros of padding would let both stay; a group of two keeps one
                out[2 * whole + (1 if abs(tail[0]) >= abs(tail[1]) else 0)] = 0
            _pack(row_codes[:1], i * groups + whole, codes)
    return bool(bad == 0)


@kernel
def _compress(part: FloatArray, values: FloatArray, codes: NDArray[np.int8]) -> int:
    """Values and codes of whole groups; not 0 if a weight is not finite."""
    zero = part.dtype.type(0)
    for group in range(part.size // 4):
        i = 4 * group
        x, y, z, w = part[i], part[i + 1], part[i + 2], part[i + 3]
        a, b, c, d = abs(x), abs(y), abs(z), abs(w)
        # Six comparisons settle all: a weight stays if it wins at least two of its three. Ties go to the lower column,
        # because the earlier weight wins with >=. The second operand wins where the flag is 0, hence the minus signs:
        # b wins bc + bd + (1 - ab), c wins cd + (1 - ac) + (1 - bc), d wins 3 - ad - bd - cd.
        ab, ac, ad = np.int32(a >= b), np.int32(a >= c), np.int32(a >= d)
        bc, bd, cd = np.int32(b >= c), np.int32(b >= d), np.int32(c >= d)
        keep_x, keep_y = ab + ac + ad >= 2, bc + bd - ab >= 1
        keep_z, keep_w = cd - ac - bc >= 0, ad + bd + cd <= 1
        # Adding zero makes -0.0 the zero that padding is.
        values[2 * group] = (x if keep_x else (y if keep_y else z)) + zero
        values[2 * group + 1] = (w if keep_w else (z if keep_z else y)) + zero
        # Exactly two stay, so the first is never w and the second never x.
        first = np.int32(0) if keep_x else (np.int32(1) if keep_y else np.int32(2))
        second = np.int32(12) if keep_w else (np.int32(8) if keep_z else np.int32(4))
        codes[group] = first | second
    bad, infinity = np.int32(0), part.dtype.type(np.inf)
    for i in range(part.size):
        bad |= np.int32(not abs(part[i]) < infinity)  # nor is NaN
    return int(bad)


@kernel
def _pack(group_codes: NDArray[np.int8], first: int, codes: NDArray[np.int8]) -> None:
    """Write the codes of groups first, first + 1, ... as halves of bytes; an even group clears the other half."""
    if group_codes.size > 0 and first % 2 == 1:  # the low half of this byte belongs to the group before
        codes[first // 2] |= group_codes[0] << 4
        group_codes, first = group_codes[1:], first + 1
    out = codes[first // 2 :]
    for pair in range(group_codes.size // 2):
        out[pair] = group_codes[2 * pair] | (group_codes[2 * pair + 1] << 4)
    if group_codes.size % 2 == 1:
        out[group_codes.size // 2] = group_codes[-1]


@kernel
def decompress_rows(
    values: FloatArray, codes: NDArray[np.int8], row_codes: NDArray[np.int8], matrix: FloatArray
) -> None:
    """Set `matrix [R, K]` to what `compress_rows` stored; `row_codes [CHUNK]` is scratch."""
    groups, whole = values.shape[1] // 2, matrix.shape[1] // 4
    tail = np.zeros(4, matrix.dtype)
    for i in range(matrix.shape[0]):
        row, stored = matrix[i], values[i]
        for start in range(0, whole, CHUNK):
            stop = min(start + CHUNK, whole)
            _unpack(codes, i * groups + start, row_codes[: stop - start])
            _decompress(stored[2 * start : 2 * stop], row_codes, row[4 * start : 4 * stop])
        if whole < groups:
            _unpack(codes, i * groups + whole, row_codes[:1])
            _decompress(stored[2 * whole :], row_codes, tail)
            row[4 * whole :] = tail[: row.size - 4 * whole]


@kernel
def _unpack(codes: NDArray[np.int8], first: int, group_codes: NDArray[np.int8]) -> None:
    """Read the codes of groups first, first + 1, ... from halves of bytes."""
    if group_codes.size > 0 and first % 2 == 1:
        group_codes[0] = (codes[first // 2] >> 4) & 15
        group_codes, first = group_codes[1:], first + 1
    source = codes[first // 2 :]
    for pair in range(group_codes.size // 2):
        group_codes[2 * pair] = source[pair] & 15
        group_codes[2 * pair + 1] = (source[pair] >> 4) & 15
    if group_codes.size % 2 == 1:
        group_codes[-1] = source[group_codes.size // 2] & 15


@kernel
def _decompress(values: FloatArray, codes: NDArray[np.int8], part: FloatArray) -> None:
    """Whole groups from their values and codes."""
    zero = part.dtype.type(0)
    for group in range(part.size // 4):
        first, second = codes[group] & 3, codes[group] >> 2
        x, y = values[2 * group], values[2 * group + 1]
        for place in range(4):
            part[4 * group + place] = x if first == place else (y if second == place else zero)
