"""How important every single weight is: an array like the weight, from the weight and from what a criterion needs.

Ranking is by absolute value, so the weight itself stands for its magnitude without a copy.
"""

import zlib
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import FloatArray
from sparsesim.errors import InputError
from sparsesim.pruning.matrix_view import from_matrix, matrix_shape, to_matrix

Data: TypeAlias = NDArray[Any] | None
Importance: TypeAlias = Callable[[FloatArray, Data, str], FloatArray]
"""From a weight, the data that the criterion needs and the name of the layer; of the shape of the weight."""


def magnitude(weight: FloatArray, data: Data, layer: str) -> FloatArray:
    """The weight: it ranks by |w|."""
    return weight


def wanda(weight: FloatArray, data: Data, layer: str) -> FloatArray:
    """|w_ij| * n_j, n_j the root mean square of input j (M. Sun et al., Wanda, ICLR 2024), in float64.

    `data` is `[groups * K]`, one number per row of the im2col matrix, ordered (group, kh, kw, c_in): what
    `input_norm` makes of captured inputs. The c_out rows fall into `groups` equal parts, each with its own K inputs.
    """
    rows, columns = matrix_shape(weight.shape)
    norms = _numbers("input_norm", data, layer)
    groups = norms.size // columns if columns else 1
    if norms.ndim != 1 or norms.size != groups * columns or (columns and (not groups or rows % groups)):
        raise InputError(f"input_norm of {layer!r} has shape {norms.shape}: expected ({columns},), one per input")
    _refuse_negative("input_norm", norms, layer)
    per_row = np.repeat(norms.reshape(groups, columns), rows // groups, axis=0)
    return from_matrix(np.abs(to_matrix(weight), dtype=np.float64) * per_row, weight.shape)


def taylor(weight: FloatArray, data: Data, layer: str) -> FloatArray:
    """(w g)**2 with the gradient g of the loss: what the loss changes by without w, to first order, in float64.

    P. Molchanov et al., Importance Estimation for Neural Network Pruning, CVPR 2019, equation 8. `data` is the
    gradient, of the shape of the weight.
    """
    gradient = _like_the_weight("gradient", data, weight, layer)
    with np.errstate(over="ignore"):  # infinity ranks first, as it should
        return np.square(weight * gradient)


def given(weight: FloatArray, data: Data, layer: str) -> FloatArray:
    """The caller's own numbers, at least 0, of the shape of the weight."""
    scores = _like_the_weight("importance", data, weight, layer)
    _refuse_negative("importance", scores, layer)
    return scores


def random(weight: FloatArray, data: Data, layer: str, *, seed: int) -> FloatArray:
    """Numbers drawn evenly from [0, 1) by the seed and the layer's name, whatever the weights are."""
    drawn: FloatArray = np.random.default_rng([seed, zlib.crc32(layer.encode())]).random(weight.shape)
    return drawn


def input_norm(vectors: NDArray[Any]) -> NDArray[np.float64]:
    """Root mean square `[K]` of every input over `vectors [n, K]`: samples of a linear layer, or windows of a map.

    For a convolution the vectors are its im2col windows, each ordered (group, kh, kw, c_in).
    """
    if vectors.ndim != 2 or not len(vectors):
        raise InputError(f"inputs must be [n, K] with at least one sample, found shape {vectors.shape}")
    norms: NDArray[np.float64] = np.sqrt(np.mean(np.square(vectors, dtype=np.float64), axis=0))
    return norms


def _like_the_weight(field: str, data: Data, weight: FloatArray, layer: str) -> NDArray[np.float64]:
    numbers = _numbers(field, data, layer)
    if numbers.shape != weight.shape:
        raise InputError(f"{field} of {layer!r} has shape {numbers.shape}: expected {weight.shape} like the weights")
    return numbers


def _numbers(field: str, data: Data, layer: str) -> NDArray[np.float64]:
    array = np.asarray(data)
    if array.dtype.kind not in "fiu":
        raise InputError(f"{field} of {layer!r} is {array.dtype}: expected numbers")
    numbers = np.ascontiguousarray(array, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise InputError(f"{field} of {layer!r} contains NaN or infinity")
    return numbers


def _refuse_negative(field: str, numbers: NDArray[np.float64], layer: str) -> None:
    if numbers.size and numbers.min() < 0:
        raise InputError(f"{field} of {layer!r} contains {numbers.min():g}: it must be at least 0")
