"""Jitted loops of pruning: exact ranking by magnitude, N:M, sums over tiles, thresholds.

The caller passes every output; nothing here allocates more than one row. All weights are finite.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.pruning.types import BoolArray, FloatArray

CHUNK = 1024  # elements per inner loop: short enough to stay in L1, a multiple of the 8 bytes of a word
SHORT = 32  # runs up to this length are walked across, longer ones along
LOW_BITS = 0x0101010101010101  # the lowest bit of every byte of a word


@kernel
def first_non_finite(values: FloatArray) -> int:
    """Index of the first NaN or infinity in `values [n]`, or -1."""
    for start in range(0, values.size, CHUNK):
        part = values[start : start + CHUNK]
        bad = 0
        for i in range(part.size):
            bad += (part[i] - part[i]) != 0  # 0 for every finite value, NaN for the others
        if bad > 0:
            for i in range(part.size):
                if (part[i] - part[i]) != 0:
                    return start + i
    return -1


@kernel
def mark_above(values: FloatArray, threshold: float, mask: BoolArray) -> None:
    """Set `mask [n]` to |values| > threshold, compared in float64."""
    for i in range(values.size):
        mask[i] = abs(values[i]) > threshold


@kernel
def standard_deviation(values: FloatArray) -> float:
    """Population standard deviation of `values [n]` in float64; n > 0."""
    total = 0.0
    for i in range(values.size):
        total += values[i]
    mean = total / values.size
    squares = 0.0
    for i in range(values.size):
        squares += (values[i] - mean) ** 2
    return math.sqrt(squares / values.size)


@kernel
def split_at_bracket(
    values: FloatArray,
    low: np.floating[Any],
    high: np.floating[Any],
    words: NDArray[np.int64],
    inside: NDArray[np.int64],
) -> int:
    """Sort out `values [n]` by magnitude: above the bracket [low, high], inside it, or below it.

    `words [ceil(n / 8)]` is a byte mask seen as int64; its bytes become 1 above `high` and 0 elsewhere. The indices
    of the values inside the bracket go to `inside`, ascending. Returns their number, or -1 when `inside` is too short.
    """
    classes = words.view(np.int8)
    found = 0
    for start in range(0, values.size, CHUNK):
        part = values[start : start + CHUNK]
        chunk = classes[start : start + CHUNK]
        for i in range(part.size):
            size = abs(part[i])
            chunk[i] = np.int8(size > high) + np.int8(size >= low)  # 2 above, 1 inside, 0 below
        for word in range(start // 8, (start + part.size + 7) // 8):
            if words[word] & LOW_BITS:
                for i in range(8 * word, 8 * word + 8):
                    if classes[i] == 1:
                        if found == inside.size:
                            return -1
                        inside[found] = i
                        found += 1
            words[word] = (words[word] >> 1) & LOW_BITS
    return found


@kernel
def count_digits(
    bits: NDArray[np.signedinteger], magnitude: int, prefix: int, shift: int, counts: NDArray[np.int64]
) -> None:
    """Histogram the 16-bit digit at `shift` of all keys `bits & magnitude` whose higher digits equal `prefix`.

    `bits [n]` are floats seen as signed integers, `magnitude` clears their sign; `counts [65536]` is added to.
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


@kernel
def _mark_two_of_four(row: FloatArray, out: BoolArray) -> None:
    """Keep the two largest of every four: six comparisons, each ranked by how many it wins. No branches."""
    for group in range(row.size // 4):
        i = 4 * group
        a, b, c, d = abs(row[i]), abs(row[i + 1]), abs(row[i + 2]), abs(row[i + 3])
        ab, ac, ad = np.int32(a >= b), np.int32(a >= c), np.int32(a >= d)
        bc, bd, cd = np.int32(b >= c), np.int32(b >= d), np.int32(c >= d)
        out[i] = ab + ac + ad >= 2
        out[i + 1] = bc + bd - ab >= 1
        out[i + 2] = cd - ac - bc >= 0
        out[i + 3] = ad + bd + cd <= 1


@kernel
def _mark_by_planes(
    row: FloatArray, keep: int, of: int, planes: FloatArray, ahead: NDArray[np.int32], out: BoolArray
) -> None:
    """Keep the `keep` largest of every whole group of `of`: those with fewer than `keep` values ahead of them.

    Position p of all groups is gathered in planes[p], so that each pair of positions is compared in one straight
    loop over the groups.
    """
    groups = row.size // of
    for p in range(of):
        plane, count = planes[p], ahead[p]
        for group in range(groups):
            plane[group] = abs(row[group * of + p])
            count[group] = of - 1 - p  # all later values are ahead until compared
    for p in range(of):
        for q in range(p + 1, of):
            plane, later, count, later_count = planes[p], planes[q], ahead[p], ahead[q]
            for group in range(groups):
                wins = np.int32(plane[group] >= later[group])
                count[group] -= wins
                later_count[group] += wins
    for p in range(of):
        count = ahead[p]
        for group in range(groups):
            out[group * of + p] = count[group] < keep


@kernel
def _mark_tail(row: FloatArray, start: int, keep: int, out: BoolArray) -> None:
    """Keep the `keep` largest of row[start:]."""
    for i in range(start, row.size):
        size = abs(row[i])
        ahead = 0
        for j in range(start, i):
            ahead += abs(row[j]) >= size
        for j in range(i + 1, row.size):
            ahead += abs(row[j]) > size
        out[i] = ahead < keep


@kernel
def mark_n_of_m(matrix: FloatArray, keep: int, of: int, mask: BoolArray) -> None:
    """Set `mask [rows, K]`: the `keep` largest of every `of` consecutive values of a row of `matrix [rows, K]`.

    The last group of r < of values keeps ceil(r * keep / of). Ties go to the lower index. Work grows with `of`.
    """
    columns = matrix.shape[1]
    groups, tail = columns // of, columns % of
    fast = keep == 2 and of == 4
    planes = np.empty((0 if fast else min(of, columns), groups), dtype=matrix.dtype)
    ahead = np.empty(planes.shape, dtype=np.int32)
    for i in range(matrix.shape[0]):
        row, out = matrix[i], mask[i]
        if fast:
            _mark_two_of_four(row, out)
        elif groups > 0:
            _mark_by_planes(row, keep, of, planes, ahead, out)
        _mark_tail(row, columns - tail, (tail * keep + of - 1) // of, out)


@kernel
def sum_tiles(matrix: FloatArray, rows: int, cols: int, squared: bool, sums: NDArray[np.float64]) -> None:
    """Add |w| (or w**2) of every rows x cols tile of `matrix [R, C]` to `sums [ceil(R/rows), ceil(C/cols)]`."""
    for i in range(matrix.shape[0]):
        if cols <= SHORT:
            _sum_short_runs(matrix[i], cols, squared, sums[i // rows])
        else:
            _sum_long_runs(matrix[i], cols, squared, sums[i // rows])


@kernel
def _sum_short_runs(row: FloatArray, cols: int, squared: bool, sums: NDArray[np.float64]) -> None:
    """Add up every `cols` values of a row: one straight loop over the runs per position inside a run."""
    for offset in range(cols):
        part = row[offset:]
        for run in range((part.size + cols - 1) // cols):
            size = np.float64(abs(part[run * cols]))
            sums[run] += size * size if squared else size


@kernel
def _sum_long_runs(row: FloatArray, cols: int, squared: bool, sums: NDArray[np.float64]) -> None:
    """Add up every `cols` values of a row: one straight loop per run."""
    for run in range(sums.size):
        part = row[run * cols : (run + 1) * cols]
        total = 0.0
        for i in range(part.size):
            size = np.float64(abs(part[i]))
            total += size * size if squared else size
        sums[run] += total


@kernel
def spread_tiles(kept: BoolArray, rows: int, cols: int, mask: BoolArray) -> None:
    """Set every element of `mask [R, C]` to the flag of its rows x cols tile in `kept`."""
    for i in range(mask.shape[0]):
        flags, out = kept[i // rows], mask[i]
        if cols <= SHORT:
            for offset in range(cols):
                part = out[offset:]
                for run in range((part.size + cols - 1) // cols):
                    part[run * cols] = flags[run]
        else:
            for run in range(flags.size):
                out[run * cols : (run + 1) * cols] = flags[run]
