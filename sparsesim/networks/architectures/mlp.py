"""Multilayer perceptrons: a chain of linear layers with a ReLU between each two."""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.architectures.graph_builder import GraphBuilder
from sparsesim.networks.arrays.layout import Layout
from sparsesim.networks.arrays.names import NamedArrays
from sparsesim.networks.arrays.state_dict import weights_and_biases


def build_mlp(
    arrays: NamedArrays, *, input_shape: tuple[int, ...] | None = None, layout: Layout = "out_in"
) -> GraphBuilder:
    """All matrices of the file in the file's order; inputs are float32[batch, in], outputs the last layer's sums."""
    found = weights_and_biases(arrays, layout)
    _check(found, input_shape)
    builder = GraphBuilder(arrays, (next(iter(found.values()))[0].shape[1],))
    last = list(found)[-1]
    for name, (weight, bias) in found.items():
        inputs = [builder.output, builder.constant(f"{name}.weight", weight.astype(np.float32))]
        if bias is not None:
            inputs.append(builder.constant(f"{name}.bias", bias.astype(np.float32)))
        builder.node("Gemm", inputs, f"{name}_output", name, transB=1)
        if name != last:
            builder.node("Relu", [builder.output], f"{name}_relu")
    return builder


def _check(found: dict[str, tuple[NDArray[Any], NDArray[Any] | None]], input_shape: tuple[int, ...] | None) -> None:
    if not found:
        raise InputError("it holds no 2-D array of floating point weights")
    width = None if input_shape is None else prod(input_shape)
    for name, (weight, _) in found.items():
        if weight.ndim != 2:
            raise InputError(f"layer {name!r} is {weight.shape}: an mlp has matrices only")
        if width is not None and weight.shape[1] != width:
            raise InputError(f"layer {name!r} reads {weight.shape[1]} values, but gets {width} (is layout in_out?)")
        width = len(weight)
