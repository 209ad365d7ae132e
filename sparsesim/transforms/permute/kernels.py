"""Jitted loops of the channel permutation: what a group keeps, and the best exchange between two groups.

Sizes |w| are integers (see `permutation`), so that sums are exact, equal in any order, and vectorise.
"""

import numpy as np

from sparsesim._jit import kernel
from sparsesim.array_types import IntArray


@kernel
def group_size(columns: IntArray, members: IntArray, keep: int, best: IntArray) -> int:
    """Sum over rows of the `keep` largest of `columns [K, rows]` among `members`; `best [keep]` is scratch."""
    total = 0
    for row in range(columns.shape[1]):
        best[:] = 0
        for member in members:
            value = columns[member, row]
            for place in range(keep):
                if value > best[place]:
                    value, best[place] = best[place], value
        for place in range(keep):
            total += best[place]
    return total


@kernel
def two_of_four(a: IntArray, b: IntArray, c: IntArray, d: IntArray) -> int:
    """Sum over rows of the two largest of four columns."""
    total = 0
    for row in range(a.size):
        high = max(a[row], b[row]) + max(c[row], d[row])
        total += max(high, max(a[row] + b[row], c[row] + d[row]))
    return total


@kernel
def pick(columns: IntArray, order: IntArray, places: IntArray, keep: int, best: IntArray) -> int:
    """What the group made of the columns at `places` of `order` keeps."""
    if keep == 2 and places.size == 4:
        return two_of_four(
            columns[order[places[0]]],
            columns[order[places[1]]],
            columns[order[places[2]]],
            columns[order[places[3]]],
        )
    return group_size(columns, order[places], keep, best)


@kernel
def best_split(
    columns: IntArray,
    order: IntArray,
    places: IntArray,
    splits: IntArray,
    keep: int,
    best: IntArray,
) -> tuple[int, int, int]:
    """The row of `splits [s, 2 of]` under which two groups keep most, and what each of them keeps.

    A row is an arrangement of the `places` of both groups, first group first; ties go to the earlier row.
    """
    of = places.size // 2
    chosen, chosen_left, chosen_right = -1, 0, -1
    for split in range(splits.shape[0]):
        left = pick(columns, order, places[splits[split, :of]], keep, best)
        right = pick(columns, order, places[splits[split, of:]], keep, best)
        if left + right > chosen_left + chosen_right:
            chosen, chosen_left, chosen_right = split, left, right
    return chosen, chosen_left, chosen_right


@kernel
def improve(
    columns: IntArray,
    order: IntArray,
    kept: IntArray,
    splits: IntArray,
    keep: int,
    shifts: IntArray,
) -> int:
    """One sweep: every group meets those `shifts` behind it, and the two are split anew where that keeps more.

    `order [groups * of]` and `kept [groups]` are changed in place; the first row of `splits` changes nothing.
    Returns what was gained.
    """
    groups = kept.size
    of = order.size // groups
    best = np.zeros(keep, dtype=np.int64)
    places = np.empty(2 * of, dtype=np.int64)
    gained = 0
    for shift in shifts:
        for first in range(groups):
            second = (first + shift) % groups
            for member in range(of):
                places[member] = first * of + member
                places[of + member] = second * of + member
            split, left, right = best_split(columns, order, places, splits, keep, best)
            if split > 0:
                gained += left + right - kept[first] - kept[second]
                kept[first], kept[second] = left, right
                order[places] = order[places[splits[split]]]
    return gained
