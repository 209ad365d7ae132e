"""One-dimensional k-means: the few values that stand for many in a codebook.

Sorted values make every cluster one contiguous run, so that a round of Lloyd's algorithm is a binary search per
cluster instead of a distance per value and cluster: exact, and fast enough for millions of weights.
"""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import Float64Array, IntArray

MAX_ROUNDS = 100_000
"""Never reached in practice: real layers settle within a few hundred rounds."""

Float = TypeVar("Float", bound=np.floating[Any])


def kmeans(values: NDArray[Float], clusters: int, max_rounds: int = MAX_ROUNDS) -> tuple[NDArray[Float], IntArray]:
    """(centroids [<= clusters] ascending in the dtype of `values`, int64 index of each value's centroid).

    `values` is 1-D, float32 or float64, not empty. If no more than `clusters` values are distinct, they are the
    centroids themselves. Otherwise Lloyd's rounds run until nothing moves, from centroids spread evenly over
    [min, max]: with this linear initialisation the rare large weights keep centroids of their own (S. Han et al.,
    Deep Compression, ICLR 2016, section 3.2). A cluster that loses all members stays where it is, unused.
    """
    ordered = np.sort(values).astype(np.float64)
    distinct = ordered[np.flatnonzero(np.diff(ordered, prepend=-np.inf))]
    if len(distinct) <= clusters:
        return distinct.astype(values.dtype), np.searchsorted(distinct, values.astype(np.float64))
    centroids = lloyd(ordered, np.linspace(ordered[0], ordered[-1], clusters), max_rounds)
    # Values are assigned by the float64 centroids, as the last round did; rounding comes after that.
    return centroids.astype(values.dtype), np.searchsorted(_midpoints(centroids), values.astype(np.float64))


def lloyd(ordered: Float64Array, centroids: Float64Array, max_rounds: int = MAX_ROUNDS) -> Float64Array:
    """Centroids after Lloyd's rounds on ascending values.

    The sum of a run is a difference of two prefix sums, so that a round costs clusters x log(values).
    """
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    bounds: IntArray | None = None
    for _ in range(max_rounds):
        cuts = np.searchsorted(ordered, _midpoints(centroids), side="right")
        # Compare the integer bounds, not the means: equal bounds are what makes the next round change nothing.
        if bounds is not None and np.array_equal(cuts, bounds):
            break
        bounds = cuts
        edges = np.concatenate([[0], cuts, [len(ordered)]])
        sizes = np.diff(edges)
        means = np.diff(sums[edges]) / np.maximum(sizes, 1)
        centroids = np.where(sizes > 0, means, centroids)
    return centroids


def _midpoints(centroids: Float64Array) -> Float64Array:
    return (centroids[1:] + centroids[:-1]) / 2
