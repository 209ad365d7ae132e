"""Jitted loop of data-free merging: delete the most redundant neuron, again and again."""

import math

import numpy as np
from numpy.typing import NDArray

from sparsesim._jit import kernel
from sparsesim.array_types import BoolArray, IntArray


@kernel
def nearest(distances: NDArray[np.float64], alive: BoolArray, neuron: int) -> int:
    """The living neuron, other than itself, closest to `neuron`; ties go to the lower index; -1 if there is none."""
    closest, best = math.inf, -1
    row = distances[neuron]
    for other in range(row.size):
        if alive[other] and other != neuron and (best < 0 or row[other] < closest):
            closest, best = row[other], other
    return best


@kernel
def merge_down(
    distances: NDArray[np.float64],
    outgoing: NDArray[np.float64],
    keep: int,
    limit: float,
    alive: BoolArray,
    deleted: IntArray,
    into: IntArray,
    saliency: NDArray[np.float64],
) -> int:
    """Delete neurons until `keep` are left or the smallest saliency exceeds `limit`; returns how many went.

    `distances [n, n]` are ||W_i - W_j||^2 and stay as they are, since a merge changes only `outgoing [n, m]`. Of
    every neuron its nearest is remembered, so that a step costs O(n) and not O(n^2). `alive [n]` is all True before;
    `deleted`, `into` and `saliency` `[n]` record the steps.
    """
    n: int = distances.shape[0]
    m: int = outgoing.shape[1]
    weight = np.zeros(n, dtype=np.float64)  # mean(a_j^2)
    partner = np.empty(n, dtype=np.int64)
    for j in range(n):
        partner[j] = nearest(distances, alive, j)
        for k in range(m):
            weight[j] += outgoing[j, k] ** 2 / m
    for step in range(n - keep):
        smallest, gone = math.inf, -1
        for j in range(n):
            if alive[j]:
                cost = weight[j] * distances[j, partner[j]]
                if gone < 0 or cost < smallest:
                    smallest, gone = cost, j
        if smallest > limit:
            return step
        stays = partner[gone]
        alive[gone] = False
        deleted[step], into[step], saliency[step] = gone, stays, smallest
        weight[stays] = 0.0
        for k in range(m):
            outgoing[stays, k] += outgoing[gone, k]
            weight[stays] += outgoing[stays, k] ** 2 / m
        for j in range(n):
            if alive[j] and partner[j] == gone:
                partner[j] = nearest(distances, alive, j)
    return n - keep
