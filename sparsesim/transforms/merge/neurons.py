"""Data-free pruning of neurons: of two that compute almost the same, one goes and the other takes over its outputs.

Srinivas and Babu, "Data-free parameter pruning for deep neural networks", BMVC 2015.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError
from sparsesim.pruning.checks import checked_weight
from sparsesim.transforms.merge.kernels import merge_down

Float64Array = NDArray[np.float64]

BINS = 100  # of the histogram whose mode stops the merging


@dataclass(frozen=True)
class MergedNeurons:
    """A layer of fewer neurons between its weights `weight_in [keep, K]`, `bias [keep]` and `weight_out [m, keep]`.

    `kept` are their indices in the original layer, ascending. Step s deleted neuron `deleted[s]`, added its outgoing
    weights to those of `into[s]`, at saliency `saliency[s]`.
    """

    kept: IntArray
    weight_in: NDArray[Any]
    bias: NDArray[Any] | None
    weight_out: NDArray[Any]
    deleted: IntArray
    into: IntArray
    saliency: Float64Array


def merge_similar(
    weight_in: NDArray[Any],
    bias: NDArray[Any] | None,
    weight_out: NDArray[Any],
    *,
    keep: int | None = None,
    stop: Literal["mode"] | None = None,
) -> MergedNeurons:
    """Delete neurons of a fully connected layer without data: `weight_in [n, K]`, `bias [n]`, `weight_out [m, n]`.

    With W_i the incoming weights and bias of neuron i and a_j the outgoing weights of neuron j, the saliency of
    deleting j in favour of i is mean(a_j^2) ||W_i - W_j||^2. The smallest goes, a_i <- a_i + a_j, until `keep`
    neurons are left or, with `stop="mode"`, until the smallest saliency passes the mode of the histogram of all n^2 -
    n saliencies of the given layer (100 bins), where two neurons are no more alike than most. Exact duplicates merge
    without a change of the outputs, whatever the activation function. Ties go to the lower index of the deleted, then
    of the staying neuron. Arithmetic in float64, arrays in the given types; takes 8 n^2 bytes.
    Raises InputError on shapes that do not fit, values that are not finite, and unless exactly one stop is given.
    """
    _check(weight_in, bias, weight_out)
    columns = [weight_in] if bias is None else [weight_in, bias[:, np.newaxis]]
    distances = _squared_distances(np.concatenate(columns, axis=1).astype(np.float64))
    outgoing = np.array(weight_out.T, dtype=np.float64, order="C")  # a copy in any case: it is merged in place
    n = len(outgoing)
    alive, saliency = np.ones(n, dtype=np.bool_), np.empty(n)
    deleted, into = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    least, limit = _stop(distances, outgoing, keep, stop)
    count = merge_down(distances, outgoing, least, limit, alive, deleted, into, saliency)
    kept = np.flatnonzero(alive)
    merged = np.ascontiguousarray(outgoing[kept].T).astype(weight_out.dtype)
    stay_in, stay_bias = weight_in[kept], None if bias is None else bias[kept]
    return MergedNeurons(kept, stay_in, stay_bias, merged, deleted[:count], into[:count], saliency[:count])


def _stop(distances: Float64Array, outgoing: Float64Array, keep: int | None, stop: str | None) -> tuple[int, float]:
    """How many neurons stay at least, and the saliency above which none goes."""
    n = len(distances)
    if (keep is None) == (stop is None) or stop not in (None, "mode"):
        raise InputError(f"keep={keep!r}, stop={stop!r}: give either a number of neurons to keep or stop='mode'")
    if keep is None:
        return min(1, n), _mode(distances, outgoing)
    if not 1 <= keep <= n:
        raise InputError(f"keep={keep} must be between 1 and the {n} neurons of the layer")
    return keep, math.inf


def _mode(distances: Float64Array, outgoing: Float64Array) -> float:
    """Centre of the fullest bin of the histogram of all saliencies; infinite where there are none."""
    saliency = (np.mean(outgoing**2, axis=1)[:, np.newaxis] * distances)[~np.eye(len(distances), dtype=np.bool_)]
    if not saliency.size:
        return math.inf
    counts, edges = np.histogram(saliency, bins=BINS)
    fullest = int(np.argmax(counts))
    return float(edges[fullest] + edges[fullest + 1]) / 2


def _squared_distances(rows: Float64Array) -> Float64Array:
    """||W_i - W_j||^2 `[n, n]` by one product of matrices; symmetric, and never below 0."""
    norms = np.einsum("ij,ij->i", rows, rows)
    distances = rows @ rows.T
    distances *= -2
    distances += norms
    distances += norms[:, np.newaxis]
    return np.maximum(distances, 0, out=distances)


def _check(weight_in: NDArray[Any], bias: NDArray[Any] | None, weight_out: NDArray[Any]) -> None:
    arrays = {"weight_in": weight_in, "weight_out": weight_out}
    if bias is not None:
        arrays["bias"] = bias[:, np.newaxis] if bias.ndim == 1 else bias
    for name, array in arrays.items():
        checked_weight(array, name)
    n = len(weight_in)
    if weight_in.ndim != 2 or weight_out.ndim != 2 or weight_out.shape[1] != n:
        raise InputError(f"weight_in {weight_in.shape} and weight_out {weight_out.shape}: expected [n, K] and [m, n]")
    if bias is not None and bias.shape != (n,):
        raise InputError(f"bias has shape {bias.shape}: expected ({n},), one per row of weight_in")
