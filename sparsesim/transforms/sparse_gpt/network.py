"""SparseGPT on networks: masks, and weights that make up for what was dropped, from what the layers read."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network
from sparsesim.pruning import NM
from sparsesim.transforms.inputs import input_columns
from sparsesim.transforms.sparse_gpt.weights import Corrected, input_hessian, sparse_gpt

KINDS_WITH_INPUTS = ("linear", "conv2d")
"""Kinds of layers whose inputs can be captured."""


def repair_network(
    network: Network,
    maps: Mapping[str, NDArray[Any]],
    *,
    sparsity: float | None = None,
    pattern: NM | str | None = None,
    damping: float = 0.01,
) -> Network:
    """The network with masks and new weights of SparseGPT, every linear and conv2d layer for itself.

    `maps` are the inputs of the unpruned layers as `capture` gives them: float[n, c_in, h, w] of a conv2d, whose
    Hessian is that of its im2col columns, group of channels by group; float[vectors, in] of a linear layer. Give
    either `sparsity`, of every group of channels alike, or an N:M `pattern` (an NM or "2:4"); see `sparse_gpt`.
    Layers of other kinds stay as they are.
    Raises InputError, naming the layer, where a linear or conv2d layer has no map, one that does not fit, or a mask
    already (select other layers), and for networks without such layers.
    """
    chosen = NM.parse(pattern) if isinstance(pattern, str) else pattern
    layers = [layer for layer in network.layers if layer.kind in KINDS_WITH_INPUTS]
    if not layers:
        raise InputError(f"network {network.name!r} has no conv2d or linear layer for SparseGPT")
    for layer in layers:
        _check(layer, maps)
    found = {layer.name: _corrected(layer, maps[layer.name], sparsity, chosen, damping) for layer in layers}
    whole = network.with_weights({name: part.weight for name, part in found.items()})
    return whole.with_masks({name: part.mask for name, part in found.items()})


def _corrected(
    layer: Layer, values: NDArray[Any], sparsity: float | None, pattern: NM | None, damping: float
) -> Corrected:
    """Mask and weights of a layer, its groups of channels one after the other."""
    parts = np.split(layer.weight(), layer.groups)
    try:
        found = [
            sparse_gpt(part, hessian=hessian, sparsity=sparsity, pattern=pattern, damping=damping)
            for part, hessian in zip(parts, _hessians(layer, values), strict=True)
        ]
    except InputError as error:
        raise InputError(f"layer {layer.name!r}: {error}") from error
    return Corrected(np.concatenate([part.mask for part in found]), np.concatenate([part.weight for part in found]))


def _hessians(layer: Layer, values: NDArray[Any]) -> NDArray[np.float64]:
    """Of every group, [groups, K, K] in the order of `Layer.weight_matrix`."""
    width = math.prod(layer.weight_shape[1:])
    total = np.zeros((layer.groups, width, width))
    for columns in input_columns(layer, values):
        for group, rows in enumerate(np.split(columns, layer.groups)):
            total[group] += input_hessian(rows.T)
    return total


def _check(layer: Layer, maps: Mapping[str, NDArray[Any]]) -> None:
    if layer.name not in maps:
        raise InputError(f"layer {layer.name!r} has no captured inputs: capture them, or select other layers")
    if layer.mask is not None:
        raise InputError(f"layer {layer.name!r} is pruned already: SparseGPT starts from the unpruned network")
    shape = maps[layer.name].shape
    expected: tuple[int, ...] = (layer.weight_shape[1],)
    if layer.kind == "conv2d":
        assert layer.input_size is not None
        expected = (layer.weight_shape[1] * layer.groups, *layer.input_size)
    if shape[1:] != expected or not shape[0]:
        wanted = ", ".join(map(str, ("n", *expected)))
        raise InputError(f"layer {layer.name!r} reads [{wanted}], its captured inputs are {shape}")
