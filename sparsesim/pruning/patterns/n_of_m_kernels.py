"""Jitted loops of N:M masks: which of every M consecutive magnitudes are the N largest.

A value stays if fewer than N others of its group are ahead of it. An earlier value is ahead of a later one when it is
at least as large, a later value only when it is larger: that is what sends ties to the lower index. Counting who is
ahead takes comparisons only, so that the compiler turns the loops over groups into vector instructions; a sort of
every group could not be.
"""

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import BoolArray, FloatArray


@kernel
def _mark_two_of_four(row: FloatArray, out: BoolArray) -> None:
    """Keep the two largest of every four: those that win at least two of their three comparisons. No branches."""
    # b wins bc + bd + (1 - ab), c wins cd + (1 - ac) + (1 - bc), d wins 3 - ad - bd - cd. Flags are int32 so that
    # they take as much room in a vector register as a float32.
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
            count[group] = of - 1 - p  # every later value counts as ahead until the comparison says otherwise
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
    # One test per four values: NaN and infinity survive additions. The caller looks again where this says False.
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
