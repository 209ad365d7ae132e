"""Jitted loops that sort condensed columns and reorder the elements of A to match."""

import numpy as np

from sparsesim._jit import kernel
from sparsesim.accelerators.condensed_outer_product.arrays import INDEX, IndexArray
from sparsesim.array_types import IntArray

SMALL = 16
"""Ranges up to this length are left to the final insertion sort, as in the C++ standard library (libstdc++)."""


@kernel
def _median_to_front(values: IntArray, order: IntArray, first: int, stop: int) -> None:
    """Swap the first element of first..stop - 1 with the median of the second, the middle and the last."""
    second, middle, last = first + 1, (first + stop) // 2, stop - 1
    low, high = (second, middle) if values[second] < values[middle] else (middle, second)
    median = high if values[high] < values[last] else (last if values[low] < values[last] else low)
    values[first], values[median] = values[median], values[first]
    order[first], order[median] = order[median], order[first]


@kernel
def _partitioned(values: IntArray, order: IntArray, first: int, stop: int) -> int:
    """Partition around the first element (Hoare); returns the start of the upper part.

    Both scans stop at elements equal to the pivot and swap them: that is what makes the sort unstable, and what the
    order of ties depends on. The median of three guards both scans, so they need no bounds check.
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
    """int64[len(values)]: permutation that sorts `values` ascending, with ties in the order of C++'s unstable sort.

    That is an introsort (D. Musser, 1997): quicksort by median of three down to ranges of 16 elements, then one
    insertion sort over everything. For a range still unsorted after 2 log2(n) partitions the library switches to heap
    sort; this leaves it to the insertion sort, which is slower and may order its ties differently.
    """
    values, order, depth = values.copy(), np.arange(len(values)), 0
    while len(values) >> (depth + 1):
        depth += 1
    # An explicit stack of (first, stop, partitions left): the lower part is sorted on, the upper one pushed, and the
    # partitions left bound its height.
    ranges, height = np.zeros((2 * depth + 1, 3), np.int64), 1
    ranges[0, 1], ranges[0, 2] = len(values), 2 * depth
    while height:
        height -= 1
        first, stop, depth = ranges[height, 0], ranges[height, 1], ranges[height, 2]
        while stop - first > SMALL and depth:
            depth -= 1
            _median_to_front(values, order, first, stop)
            cut = _partitioned(values, order, first, stop)
            ranges[height, 0], ranges[height, 1], ranges[height, 2] = cut, stop, depth
            height, stop = height + 1, cut
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
    """In each of `rows`, for l >= `lowest`, set element l of `out` to element order[l] of the same row of `values`."""
    for row in rows:
        start, stop = indptr[row] & INDEX, indptr[row + 1] & INDEX
        for element in range(stop - start - lowest):
            place = (lowest + element) & INDEX
            out[start + place] = values[(start + order[place]) & INDEX]
