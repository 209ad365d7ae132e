"""What criteria want to know of a layer's inputs, from captured maps."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.networks import Layer, Network
from sparsesim.networks.im2col import im2col

AT_ONCE = 1 << 24  # numbers of im2col that are laid out at a time


def input_norms(network: Network, maps: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float64]]:
    """Root mean square of every input that the weights of a layer meet, by layer, as the criterion `wanda` needs it.

    `maps` are inputs as `capture` gives them: float[n, c_in, h, w] of a conv2d, of which every im2col row
    (group, kh, kw, c_in) has a number, with the zeros of the padding; float[vectors, in] of a linear layer. Layers
    without a map are left out.
    """
    return {layer.name: _norms(layer, maps[layer.name]) for layer in network.layers if layer.name in maps}


def input_columns(layer: Layer, values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The inputs of a conv2d or linear layer as columns `[K of all groups, n]`, so many at a time as fit in memory."""
    step = max(1, AT_ONCE // max(1, _numbers_of_one_sample(layer, values)))
    for start in range(0, len(values), step):
        part = values[start : start + step]
        yield im2col(part, layer) if layer.kind == "conv2d" else part.T


def _norms(layer: Layer, values: NDArray[Any]) -> NDArray[np.float64]:
    squares, count = 0.0, 0
    for rows in input_columns(layer, values):
        squares = squares + np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
        count += rows.shape[1]
    norms: NDArray[np.float64] = np.sqrt(np.asarray(squares, np.float64) / count)
    return norms


def _numbers_of_one_sample(layer: Layer, values: NDArray[Any]) -> int:
    return math.prod(values.shape[1:]) * (math.prod(layer.weight_shape[2:]) if layer.kind == "conv2d" else 1)
