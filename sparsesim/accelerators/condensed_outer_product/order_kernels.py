"""Jitted loops that bring condensed columns into order; int64 everywhere."""

import numpy as np

from sparsesim._jit import kernel
from sparsesim.accelerators.condensed_outer_product.arrays import INDEX, IndexArray
from sparsesim.array_types import IntArray

SMALL = 16
"""Ranges up to this length are left to the insertion sort at the end of `introsorted`."""


@kernel
def _median_to_front(values: IntArray, order: IntArray, first: int, stop: int) -> None:
    """Swap the median of the second, middle and last element of first..stop - 1 with the first."""
    second, middle, last = first + 1, (first + stop) // 2, stop - 1
    low, high = (second, middle) if values[second] < values[middle] else (middle, second)
    median = high if values[high] < values[last] else (last if values[low] < values[last] else low)
    values[first], values[median] = values[median], values[first]
    order[first], order[median] = order[median], order[first]


@kernel
def _partitioned(values: IntArray, order: IntArray, first: int, stop: int) -> int:
    """Bring what is not above the first element before what is not below it; returns where the latter begins.

    Both sides stop at equal elements, which are swapped as well.
    """
    pivot, left, right = values[first], first + 1, stop
    while True:
        while values[left] < pivot:
            left += 1
        right -= 1
        while pivot < values[right]:
            right -= 1
        if left >= right:
            return left
        values[left], values[right] = values[right], values[left]
        order[left], order[right] = order[right], order[left]
        left += 1


@kernel
def introsorted(values: IntArray) -> IntArray:
    """Order that sorts `values` ascending; equal ones come as the C++ standard library's unstable sort leaves them.

    That is an introsort (D. Musser, 1997): quicksort by the median of three down to ranges of 16 elements, then one
    insertion sort over everything. Where the library gives a range that 2 log2(n) partitions did not split up to a heap
    sort, this leaves it to the insertion sort, which takes longer.
    """
    values, order, depth = values.copy(), np.arange(len(values)), 0
    while len(values) >> (depth + 1):
        depth += 1
    ranges, waiting = np.zeros((2 * depth + 1, 3), np.int64), 1
    ranges[0, 1], ranges[0, 2] = len(values), 2 * depth
    while waiting:
        waiting -= 1
        first, stop, depth = ranges[waiting, 0], ranges[waiting, 1], ranges[waiting, 2]
        while stop - first > SMALL and depth:
            depth -= 1
            _median_to_front(values, order, first, stop)
            cut = _partitioned(values, order, first, stop)
            ranges[waiting, 0], ranges[waiting, 1], ranges[waiting, 2] = cut, stop, depth
            waiting, stop = waiting + 1, cut
    for element in range(1, len(values)):
        value, origin, hole = values[element], order[element], element
        while hole > 0 and values[hole - 1] > value:
            values[hole], order[hole] = values[hole - 1], order[hole - 1]
            hole -= 1
        values[hole], order[hole] = value, origin
    return order


@kernel
def sort_by_leaf(
    rows: IntArray, lowest: int, indptr: IntArray, order: IntArray, values: IndexArray, out: IndexArray
) -> None:
    """Element l of each of `rows` of `out` becomes element order[l] of that row of `values`, from l = `lowest` on."""
    for row in rows:
        start, stop = indptr[row] & INDEX, indptr[row + 1] & INDEX
        for element in range(stop - start - lowest):
            place = (lowest + element) & INDEX
            out[start + place] = values[(start + order[place]) & INDEX]
