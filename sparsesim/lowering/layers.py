"""Lowering: the layers of a network become the matmuls that machines understand."""

from collections.abc import Callable
from dataclasses import replace
from math import prod
from pathlib import Path

import numpy as np

from sparsesim.array_types import FloatArray
from sparsesim.dtypes import DType, dtype_by_name
from sparsesim.errors import InputError
from sparsesim.formats import Format, format_by_name
from sparsesim.limits import MAX_MACS, check_memory, checked_size
from sparsesim.lowering.activations import Activations
from sparsesim.lowering.removal import stored_as
from sparsesim.lowering.weights import weight_tensor
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.networks import CONVOLUTIONS, Kind, Layer, Network, load_network
from sparsesim.networks.bounds import MAX_SIZE
from sparsesim.networks.im2col import im2col
from sparsesim.places import shown, within
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor, tensor_from_array


def lower(
    network: str | Path | Network,
    dtype: str = "fp16",
    batch: int = 1,
    activations: Activations | None = None,
    format: str | Format = "dense",
) -> list[MatmulOp]:
    """One MatmulOp per layer, with weights as A and activations as B; see `lower_layer`.

    `format` is the format of the weights; `stored_as` changes it afterwards without lowering again. Rows and columns
    of the weights without a non-zero are left out, see `without_empty`. Raises InputError for a batch below 1 and for
    activations that do not fit the network, UnknownNameError for unknown names.

    >>> import sparsesim as ss
    >>> [(op.name, op.m, op.n, op.k) for op in ss.lower("digits-cnn", batch=2)]
    [('conv1', 32, 128, 9), ('conv2', 64, 32, 288), ('fc1', 128, 2, 256), ('fc2', 10, 2, 128)]
    """
    network = load_network(network)
    inputs, types = activations or Activations(), dtype_by_name(dtype)
    check_lowering(network, batch, inputs)
    stored = format_by_name(format)
    with within(f"network {network.name}"):
        return [stored_as(lower_layer(layer, types, batch, inputs), stored) for layer in network.layers]


def check_lowering(network: Network, batch: int, inputs: Activations) -> None:
    """InputError for a batch below 1, or with which counts are beyond 64 bits, and for inputs that do not fit.

    Sizes are checked here, before anything is drawn; layers alone are checked when they are made.
    """
    if type(batch) is not int or batch < 1:
        raise InputError(f"batch is {shown(batch)}; it must be at least 1, a whole number")
    if batch > MAX_SIZE:
        raise InputError(f"batch is {shown(batch)}; it must be at most {MAX_SIZE}")
    for layer in network.layers:
        with within(f"network {network.name}: layer {layer.name!r}: batch: {batch}"):
            checked_size("MACs", batch, *layer.gemm, limit=MAX_MACS)
            if layer.kind in CONVOLUTIONS:
                _check_maps(layer, batch)
    checked_size(f"network {network.name}: batch: {batch}: MACs", batch, network.macs, limit=MAX_MACS)
    inputs.check(network)


def _check_maps(layer: Layer, batch: int) -> None:
    assert layer.input_size is not None
    channels = max(layer.weight_shape[:2]) * layer.groups
    for what, size in (("elements of its input", layer.input_size), ("elements of its output", layer.output_size)):
        checked_size(what, batch, channels, *size, limit=MAX_MACS)


def lower_layer(layer: Layer, types: DType, batch: int, inputs: Activations) -> MatmulOp:
    """The multiplication that a layer is, for `batch` samples, with all rows and columns of its weights.

    - linear: C[out, vectors] = W @ X.
    - conv2d: C[c_out, pixels] = W @ im2col(X), in each group of channels.
    - conv_transpose2d: C[kh * kw * c_out, input pixels] = W^T @ X, in each group; `col2im` adds up what overlaps.
    - lstm, gru: the gates of one time step from [x, h], as many times as there are steps.
    - matmul: both operands are activations; heads and samples are groups.
    """
    return _LOWERED[layer.kind](layer, types, batch, inputs)


def _linear(layer: Layer, types: DType, batch: int, inputs: Activations) -> MatmulOp:
    b = _vectors(layer, batch * layer.positions, inputs)
    return _op(layer, weight_tensor(layer), b, types, inputs.format_of(b))


def _recurrent(layer: Layer, types: DType, batch: int, inputs: Activations) -> MatmulOp:
    b = _vectors(layer, batch, inputs)
    return replace(_op(layer, weight_tensor(layer), b, types, inputs.format_of(b)), repeat=layer.steps)


def _products(layer: Layer, types: DType, batch: int, inputs: Activations) -> MatmulOp:
    groups = layer.batch * batch
    a, b = DenseMatrix((groups * layer.m, layer.k), seed=1), DenseMatrix((groups * layer.k, layer.n), seed=2)
    return replace(_op(layer, a, b, types, inputs.format_of(b), groups=groups), channels=0)


def _convolution(layer: Layer, types: DType, batch: int, inputs: Activations) -> MatmulOp:
    """B is the im2col view of the input channels, group below group."""
    assert layer.input_size is not None
    a, (rows, columns) = weight_tensor(layer), layer.output_size
    channels = layer.weight_shape[1] * layer.groups
    feature_map = _feature_map(layer, channels, batch, inputs)
    samples = batch if feature_map is None else feature_map.shape[0]
    b: Tensor
    if feature_map is None:
        b = DenseMatrix((layer.groups * a.shape[1], samples * rows * columns), seed=inputs.seed)
    else:
        columns_bytes = feature_map.dtype.itemsize * layer.groups * a.shape[1] * samples * rows * columns
        check_memory(f"layer {layer.name!r}: laying out its windows as columns", columns_bytes)
        b = tensor_from_array(im2col(feature_map, layer))
    distinct = samples * channels * prod(layer.input_size)
    lowered = _op(layer, a, b, types, inputs.format_of(b), distinct, layer.groups)
    return replace(lowered, channels=layer.weight_shape[1])


def _transposed_convolution(layer: Layer, types: DType, batch: int, inputs: Activations) -> MatmulOp:
    """B has a row for every input channel and a column for every input pixel."""
    assert layer.input_size is not None
    channels, pixels = layer.weight_shape[0], prod(layer.input_size)
    feature_map = _feature_map(layer, channels, batch, inputs)
    b: Tensor
    if feature_map is None:
        b = DenseMatrix((channels, batch * pixels), seed=inputs.seed)
    else:
        b = tensor_from_array(np.ascontiguousarray(feature_map.transpose(1, 0, 2, 3).reshape(channels, -1)))
    return _op(layer, weight_tensor(layer), b, types, inputs.format_of(b), groups=layer.groups)


_LOWERED: dict[Kind, Callable[[Layer, DType, int, Activations], MatmulOp]] = {
    "linear": _linear,
    "conv2d": _convolution,
    "conv_transpose2d": _transposed_convolution,
    "lstm": _recurrent,
    "gru": _recurrent,
    "matmul": _products,
}


def _op(
    layer: Layer, a: Tensor, b: Tensor, types: DType, stored: Format, distinct: int | None = None, groups: int = 1
) -> MatmulOp:
    operands = Operand(a, format_by_name("dense"), types), Operand(b, stored, types, distinct)
    return MatmulOp(layer.name, *operands, types, groups=groups, channels=a.shape[1])


def _vectors(layer: Layer, count: int, inputs: Activations) -> Tensor:
    """B[in, count] of a linear or recurrent layer."""
    width = layer.weight_shape[1]
    given = inputs.map_of(layer)
    if given is not None:
        if given.ndim != 2 or given.shape[1] != width:
            raise InputError(f"activations.maps: layer {layer.name} reads vectors of {width}, got {given.shape}")
        return tensor_from_array(np.ascontiguousarray(given.T))
    if inputs.density_of(layer) == 1:
        return DenseMatrix((width, count), seed=inputs.seed)
    return SparseMatrix.from_dense(inputs.drawn(layer, (width, count)))


def _feature_map(layer: Layer, channels: int, batch: int, inputs: Activations) -> FloatArray | None:
    """Input [batch, c_in, h, w] of a convolution, or None where it is dense and its values do not matter."""
    assert layer.input_size is not None
    shape = (channels, *layer.input_size)
    given = inputs.map_of(layer)
    if given is not None:
        if given.ndim != 4 or given.shape[1:] != shape:
            raise InputError(f"activations.maps: layer {layer.name} reads [batch, {shape}], got {given.shape}")
        return given
    return None if inputs.density_of(layer) == 1 else inputs.drawn(layer, (batch, *shape))
