"""Shared weights: one-dimensional k-means, exact rounds at the cost of a search in sorted values."""

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import Float64Array, IntArray

MAX_ROUNDS = 100_000


def shared_values(values: NDArray[np.float32], clusters: int) -> tuple[NDArray[np.float32], IntArray]:
    """(centroids float32[<= clusters] ascending, the centroid of each value int64) of 1-D `values`.

    Few enough distinct values are their own centroids. Else Lloyd's rounds until nothing moves, from centroids
    spread evenly over [min, max] (Deep Compression, ICLR 2016, 3.2: linear initialisation keeps the rare large
    weights). A cluster that loses all members stays where it is, and its code is never used.
    """
    ordered = np.sort(values).astype(np.float64)
    distinct = ordered[np.flatnonzero(np.diff(ordered, prepend=-np.inf))]
    if len(distinct) <= clusters:
        return distinct.astype(np.float32), np.searchsorted(distinct, values.astype(np.float64))
    centroids = converged(ordered, np.linspace(ordered[0], ordered[-1], clusters))
    return centroids.astype(np.float32), np.searchsorted(_midpoints(centroids), values.astype(np.float64))


def converged(ordered: Float64Array, centroids: Float64Array, max_rounds: int = MAX_ROUNDS) -> Float64Array:
    """Centroids after Lloyd's rounds on ascending values, in which every cluster is one run.

    Sums of runs come from one prefix sum, so a round costs clusters x log(values).
    """
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    bounds: IntArray | None = None
    for _ in range(max_rounds):
        cuts = np.searchsorted(ordered, _midpoints(centroids), side="right")
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
