"""Lowering: a pruned network becomes the matmuls that machines understand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.formats import Format, format_by_name
from sparsesim.formats.value_type import ValueType, value_type_by_name
from sparsesim.matmul import MatmulOp, Operand
from sparsesim.networks import Layer, Network
from sparsesim.pruning import Pruner, pruner_by_name
from sparsesim.tensors import DenseMatrix, SparseMatrix, Tensor, tensor_from_array

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Activations:
    """What the layers read.

    `maps` holds real inputs by layer name: conv2d float[batch, c_in, h, w], linear float[vectors, in]; zeros in
    them are real zeros. Layers without a map get a seeded pattern of `density` (uniform over the feature map), or
    a dense operand where `density` is 1.
    """

    density: float = 1.0
    seed: int = 0
    maps: Mapping[str, FloatArray] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.density <= 1:
            raise InputError(f"activations.density is {self.density}; it must lie in (0, 1]")


def prune_network(network: Network, pruner: Pruner | str, sparsity: float | None = None) -> Network:
    """The network with the pruner's masks; its dense weights stay, so masks can be undone and combined.

    `pruner` is a Pruner, or a name with the `sparsity` it needs. Masks that the network has already are respected:
    what they dropped stays dropped.
    """
    chosen = pruner_by_name(pruner, sparsity) if isinstance(pruner, str) else pruner
    weights = {layer.name: layer.weight() for layer in network.layers if layer.weight_shape}
    earlier = {layer.name: layer.mask for layer in network.layers if layer.mask is not None}
    return network.with_masks(chosen.masks(weights, frozen=earlier))


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


def stored_as(op: MatmulOp, storage: Format) -> MatmulOp:
    """The same multiplication with A stored in another format."""
    return replace(op, a=replace(op.a, format=storage))


def matmul_op(a: Tensor, b: Tensor, storage: str, value_type: str, name: str = "matmul") -> MatmulOp:
    """A @ B with A in `storage`; B is stored alike if it is sparse, else dense."""
    types, form = value_type_by_name(value_type), format_by_name(storage)
    b_form = format_by_name("dense") if isinstance(b, DenseMatrix) else form
    return MatmulOp(name, Operand(a, form, types), Operand(b, b_form, types), types)


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
    return SparseMatrix.from_dense(_seeded_map((width, count), layer.name, inputs))


def _feature_map(layer: Layer, batch: int, inputs: Activations) -> FloatArray | None:
    """Input [batch, c_in, h, w] of a conv2d, or None where it is dense and its values do not matter."""
    assert layer.input_size is not None
    shape = (layer.weight_shape[1] * layer.groups, *layer.input_size)
    given = (inputs.maps or {}).get(layer.name)
    if given is not None:
        if given.ndim != 4 or given.shape[1:] != shape:
            raise InputError(f"activations.maps: layer {layer.name} reads [batch, {shape}], got {given.shape}")
        return given
    return None if inputs.density == 1 else _seeded_map((batch, *shape), layer.name, inputs)


def _seeded_map(shape: tuple[int, ...], name: str, inputs: Activations) -> FloatArray:
    """Non-negative values, as after a ReLU, of which exactly round(density x size) are not zero."""
    random = np.random.default_rng([inputs.seed, *name.encode()])
    size = int(np.prod(shape))
    values = np.zeros(size, np.float32)
    kept = random.choice(size, round(inputs.density * size), replace=False, shuffle=False)
    values[kept] = np.abs(random.standard_normal(len(kept), dtype=np.float32)) + np.float32(1e-6)
    return values.reshape(shape)


def im2col(feature_map: FloatArray, layer: Layer) -> FloatArray:
    """float[kh * kw * c, batch * oh * ow]: column = one output pixel, rows in the order (kh, kw, channel)."""
    top, left, bottom, right = layer.padding
    padded = np.pad(feature_map, ((0, 0), (0, 0), (top, bottom), (left, right)))
    (kh, kw), (dy, dx) = layer.weight_shape[2:], layer.dilation
    reach = (dy * (kh - 1) + 1, dx * (kw - 1) + 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(2, 3))
    windows = windows[:, :, :: layer.stride[0], :: layer.stride[1], ::dy, ::dx]
    ordered = windows.transpose(4, 5, 1, 0, 2, 3)
    return np.ascontiguousarray(ordered.reshape(kh * kw * feature_map.shape[1], -1))
