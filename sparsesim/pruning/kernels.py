"""Jitted loops of pruning: N:M, sums over tiles, thresholds. Those of the ranking are in `ranking_kernels`.

The caller passes every output; nothing here allocates more than one row.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import BoolArray, FloatArray

CHUNK = 1024  # elements per inner loop: short enough to stay in L1
SHORT = 32  # runs up to this length are written across, longer ones along


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
def _surely_finite(row: FloatArray) -> bool:
    """False if a value is NaN or infinity, or (rarely) a sum of four overflows; cheap right after the row was read."""
    bad, quarter = np.int32(0), row.size // 4
    a, b, c, d = row[:quarter], row[quarter : 2 * quarter], row[2 * quarter : 3 * quarter], row[3 * quarter :]
    for i in range(quarter):
        total = (a[i] + b[i]) + (c[i] + d[i])
        bad |= np.int32((total - total) != 0)
    for i in range(quarter, d.size):
        bad |= np.int32((d[i] - d[i]) != 0)
    return bool(bad == 0)


@kernel
def mark_n_of_m(matrix: FloatArray, keep: int, of: int, mask: BoolArray) -> bool:
    """Set `mask [rows, K]`: the `keep` largest of every `of` consecutive values of a row of `matrix [rows, K]`.

    The last group of r < of values keeps ceil(r * keep / of). Ties go to the lower index. Work grows with `of`.
    Returns False if a value is not finite (the mask then means nothing) or if four sum up to more than fits.
    """
    columns = matrix.shape[1]
    groups, tail = columns // of, columns % of
    fast = keep == 2 and of == 4
    planes = np.empty((0 if fast else min(of, columns), groups), dtype=matrix.dtype)
    ahead = np.empty(planes.shape, dtype=np.int32)
    finite = True
    for i in range(matrix.shape[0]):
        row, out = matrix[i], mask[i]
        if fast:
            _mark_two_of_four(row, out)
        elif groups > 0:
            _mark_by_planes(row, keep, of, planes, ahead, out)
        _mark_tail(row, columns - tail, (tail * keep + of - 1) // of, out)
        finite &= _surely_finite(row)
    return finite


@kernel
def sum_tiles(matrix: FloatArray, rows: int, cols: int, squared: bool, sums: NDArray[np.float64]) -> None:
    """Set `sums [ceil(R/rows), ceil(C/cols)]` to the sum of |w| (or w**2) of every rows x cols tile of `matrix [R, C]`.

    The rows of a tile are added up first, in straight loops over a strip of whole tiles; then the runs of the strip.
    """
    strip = max(cols, CHUNK // cols * cols)
    total = np.empty(min(strip, matrix.shape[1]), np.float64)
    for top in range(0, matrix.shape[0], rows):
        for left in range(0, matrix.shape[1], strip):
            width = min(strip, matrix.shape[1] - left)
            for i in range(top, min(top + rows, matrix.shape[0])):
                _add_row(matrix[i, left : left + width], squared, i == top, total)
            _sum_runs(total[:width], cols, sums[top // rows, left // cols :])


@kernel
def _add_row(row: FloatArray, squared: bool, first: bool, total: NDArray[np.float64]) -> None:
    """Add |w| or w**2 of a row to `total`, which the first row sets."""
    for j in range(row.size):
        size = np.float64(abs(row[j]))
        size = size * size if squared else size
        total[j] = size if first else total[j] + size


@kernel
def _sum_runs(total: NDArray[np.float64], cols: int, sums: NDArray[np.float64]) -> None:
    """Add up every `cols` values, in four partial sums that do not wait for each other."""
    whole = total.size // cols
    if cols == 4:
        for run in range(whole):
            j = 4 * run
            sums[run] = (total[j] + total[j + 1]) + (total[j + 2] + total[j + 3])
    for run in range(whole if cols == 4 else 0, (total.size + cols - 1) // cols):
        part = total[run * cols : (run + 1) * cols]
        fours = part.size // 4 * 4
        a, b, c, d, rest = 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(0, fours, 4):
            a += part[j]
            b += part[j + 1]
            c += part[j + 2]
            d += part[j + 3]
        for j in range(fours, part.size):
            rest += part[j]
        sums[run] = (a + b) + (c + d) + rest


@kernel
def spread_tiles(kept: BoolArray, rows: int, cols: int, mask: BoolArray) -> None:
    """Set every element of `mask [R, C]` to the flag of its rows x cols tile in `kept`."""
    for top in range(0, mask.shape[0], rows):
        first = mask[top]
        _repeat(kept[top // rows], cols, first)
        for i in range(top + 1, min(top + rows, mask.shape[0])):
            mask[i] = first


@kernel
def _repeat(flags: BoolArray, cols: int, out: BoolArray) -> None:
    """Write every flag `cols` times: four at once, short runs in straight loops per offset, long ones run by run."""
    if cols == 4:
        for run in range(out.size // 4):
            j, flag = 4 * run, flags[run]
            out[j], out[j + 1], out[j + 2], out[j + 3] = flag, flag, flag, flag
        for j in range(out.size // 4 * 4, out.size):
            out[j] = flags[-1]
    elif cols <= SHORT:
        for offset in range(min(cols, out.size)):
            part = out[offset:]
            for run in range((part.size + cols - 1) // cols):
                part[run * cols] = flags[run]
    else:
        for run in range(flags.size):
            out[run * cols : (run + 1) * cols] = flags[run]
