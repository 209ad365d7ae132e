"""Lowering: the layers of a network become the matmuls that machines understand."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.formats import format_by_name
from sparsesim.formats.value_type import ValueType, value_type_by_name
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.networks import Layer, Network
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor, tensor_from_array
from sparsesim.workload.activations import Activations, seeded_map
from sparsesim.workload.im2col import im2col
from sparsesim.workload.ops import stored_as

FloatArray = NDArray[np.floating[Any]]


def lower(
    network: Network,
    value_type: str = "fp16",
    batch: int = 1,
    activations: Activations | None = None,
    storage: str = "dense",
) -> list[MatmulOp]:
    """One MatmulOp per layer (per group of a grouped convolution), with weights as A and activations as B.

    `storage` is the format of the weights; `stored_as` changes it afterwards without lowering again.
    """
    if batch < 1:
        raise InputError(f"batch is {batch}; it must be at least 1")
    inputs, types = activations or Activations(), value_type_by_name(value_type)
    known = {layer.name for layer in network.layers}
    for name in inputs.maps or {}:
        if name not in known:
            raise InputError(f"activations.maps: network {network.name} has no layer {name!r}")
    ops: list[MatmulOp] = []
    for layer in network.layers:
        ops.extend(_lower_layer(layer, types, batch, inputs))
    return [stored_as(op, format_by_name(storage)) for op in ops]


def _lower_layer(layer: Layer, types: ValueType, batch: int, inputs: Activations) -> list[MatmulOp]:
    if layer.kind == "matmul":
        left, right = DenseMatrix((layer.m, layer.k), seed=1), DenseMatrix((layer.k, layer.n), seed=2)
        return [_op(layer.name, left, right, types, None, layer.batch * batch)]
    if layer.kind == "conv2d":
        return _lower_conv2d(layer, types, batch, inputs)
    vectors = batch * (layer.positions if layer.kind == "linear" else 1)
    b = _vectors(layer, vectors, inputs)
    repeat = layer.steps if layer.kind in ("lstm", "gru") else 1
    return [_op(layer.name, tensor_from_array(layer.weight_matrix()), b, types, None, repeat)]


def _lower_conv2d(layer: Layer, types: ValueType, batch: int, inputs: Activations) -> list[MatmulOp]:
    """One op per group; B is the im2col view of the group's input channels."""
    assert layer.input_size is not None
    channels = layer.weight_shape[1]
    rows = layer.weight_shape[0] // layer.groups
    matrix = layer.weight_matrix()
    feature_map = _feature_map(layer, batch, inputs)
    samples = batch if feature_map is None else feature_map.shape[0]
    distinct = samples * channels * layer.input_size[0] * layer.input_size[1]
    ops = []
    for group in range(layer.groups):
        a = tensor_from_array(np.ascontiguousarray(matrix[group * rows : (group + 1) * rows]))
        if feature_map is None:
            columns = samples * layer.output_size[0] * layer.output_size[1]
            b: Tensor = DenseMatrix((matrix.shape[1], columns), seed=inputs.seed)
        else:
            b = tensor_from_array(im2col(feature_map[:, group * channels : (group + 1) * channels], layer))
        name = layer.name if layer.groups == 1 else f"{layer.name}.g{group}"
        ops.append(_op(name, a, b, types, distinct, 1))
    return ops


def _op(name: str, a: Tensor, b: Tensor, types: ValueType, distinct: int | None, repeat: int) -> MatmulOp:
    dense = format_by_name("dense")
    return MatmulOp(name, Operand(a, dense, types), Operand(b, dense, types, distinct), types, repeat)


def _vectors(layer: Layer, count: int, inputs: Activations) -> Tensor:
    """B[in, count] of a linear or recurrent layer."""
    width = layer.weight_shape[1]
    given = (inputs.maps or {}).get(layer.name)
    if given is not None:
        if given.ndim != 2 or given.shape[1] != width:
            raise InputError(f"activations.maps: layer {layer.name} reads vectors of {width}, got {given.shape}")
        return tensor_from_array(np.ascontiguousarray(given.T))
    if inputs.density == 1:
        return DenseMatrix((width, count), seed=inputs.seed)
    return SparseMatrix.from_dense(seeded_map((width, count), layer.name, inputs))


def _feature_map(layer: Layer, batch: int, inputs: Activations) -> FloatArray | None:
    """Input [batch, c_in, h, w] of a conv2d, or None where it is dense and its values do not matter."""
    assert layer.input_size is not None
    shape = (layer.weight_shape[1] * layer.groups, *layer.input_size)
    given = (inputs.maps or {}).get(layer.name)
    if given is not None:
        if given.ndim != 4 or given.shape[1:] != shape:
            raise InputError(f"activations.maps: layer {layer.name} reads [batch, {shape}], got {given.shape}")
        return given
    return None if inputs.density == 1 else seeded_map((batch, *shape), layer.name, inputs)
