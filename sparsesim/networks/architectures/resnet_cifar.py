"""Residual networks for CIFAR: 6n + 2 layers in three stages (He et al., CVPR 2016, section 4.2)."""

import re

import numpy as np

from sparsesim.errors import InputError
from sparsesim.networks.architectures.graph_builder import GraphBuilder
from sparsesim.networks.arrays.layout import Layout
from sparsesim.networks.arrays.names import NamedArrays

_STAGES = (1, 2, 3)
_NORMALISATION = ("weight", "bias", "running_mean", "running_var")
_CLASSIFIERS = ("linear", "fc")
_PROJECTIONS = (("downsample.0", "downsample.1"), ("shortcut.0", "shortcut.1"))


def build_resnet_cifar(
    arrays: NamedArrays, *, input_shape: tuple[int, ...] | None = None, layout: Layout = "out_in"
) -> GraphBuilder:
    """Convolutions with batch normalisation, shortcuts, average pooling and a classifier; depth from the arrays.

    Keys as PyTorch names them: conv1, bn1, layer<stage>.<block>.conv1 and so on, then linear or fc. Shortcuts into
    stages 2 and 3 are projections (option B) where the file stores them (downsample or shortcut); otherwise every
    second pixel with zeros as the missing channels (option A). Inputs are float32[batch, 3, 32, 32], or
    `input_shape`.
    """
    if layout != "out_in":
        raise InputError(f"layout {layout!r}: resnet-cifar is read in PyTorch's layout only")
    shape = (3, 32, 32) if input_shape is None else input_shape
    if len(shape) != 3:
        raise InputError(f"input_shape: {tuple(shape)}: resnet-cifar needs (channels, height, width)")
    builder = GraphBuilder(arrays, tuple(shape))
    _relu(builder, _convolution(builder, arrays, builder.output, "conv1", "bn1"), "conv1_relu")
    for stage in _STAGES:
        for block in range(_depth(arrays, stage)):
            _block(builder, arrays, stage, block)
    pooled = builder.node("GlobalAveragePool", [builder.output], "pool")
    flat = builder.node("Flatten", [pooled], "flat")
    head = next((name for name in _CLASSIFIERS if f"{name}.weight" in arrays), _CLASSIFIERS[0])
    builder.node(
        "Gemm", [flat, builder.stored(f"{head}.weight"), builder.stored(f"{head}.bias")], "logits", head, transB=1
    )
    return builder


def _depth(arrays: NamedArrays, stage: int) -> int:
    found = [re.match(rf"layer{stage}\.(\d+)\.", key) for key in arrays]
    numbers = {int(match[1]) for match in found if match}
    if numbers != set(range(len(numbers))) or not numbers:
        raise InputError(f"stage layer{stage} has the blocks {sorted(numbers)}, not 0, 1, ... as in resnet-cifar")
    return len(numbers)


def _block(builder: GraphBuilder, arrays: NamedArrays, stage: int, block: int) -> None:
    """Two 3x3 convolutions and what goes around them; the first of stages 2 and 3 halves the map."""
    entry, name = builder.output, f"layer{stage}.{block}"
    tensor = name.replace(".", "_")
    stride = 2 if stage > 1 and block == 0 else 1
    first = _convolution(builder, arrays, entry, f"{name}.conv1", f"{name}.bn1", stride)
    inner = _relu(builder, first, f"{tensor}_relu1")
    second = _convolution(builder, arrays, inner, f"{name}.conv2", f"{name}.bn2")
    around = _shortcut(builder, arrays, entry, name, stride)
    _relu(builder, builder.node("Add", [second, around], f"{tensor}_sum"), f"{tensor}_relu2")


def _convolution(builder: GraphBuilder, arrays: NamedArrays, entry: str, conv: str, norm: str, stride: int = 1) -> str:
    """A convolution without bias, padded to keep the size of the map, and its batch normalisation."""
    weight = builder.stored(f"{conv}.weight")
    pad = (arrays[weight].shape[-1] - 1) // 2
    sums = builder.node("Conv", [entry, weight], f"{conv}_output", conv, strides=[stride] * 2, pads=[pad] * 4)
    keys = [builder.stored(f"{norm}.{part}") for part in _NORMALISATION]
    builder.count_other("normalisation", keys)
    return builder.node("BatchNormalization", [sums, *keys], f"{norm}_output", norm, epsilon=1e-5)


def _shortcut(builder: GraphBuilder, arrays: NamedArrays, entry: str, name: str, stride: int) -> str:
    for conv, norm in _PROJECTIONS:
        if f"{name}.{conv}.weight" in arrays:
            return _convolution(builder, arrays, entry, f"{name}.{conv}", f"{name}.{norm}", stride)
    inner, outer = arrays[f"{name}.conv1.weight"].shape[1], arrays[f"{name}.conv2.weight"].shape[0]
    if stride == 1 and inner == outer:
        return entry
    return _padded(builder, entry, name, stride, outer - inner)


def _padded(builder: GraphBuilder, entry: str, name: str, stride: int, missing: int) -> str:
    """Option A: no parameters, half of the missing channels before and half behind the others."""
    if missing < 0:
        raise InputError(f"{name} has fewer outputs than inputs, and no stored shortcut")
    numbers = {"starts": [0, 0], "ends": [2**31 - 1] * 2, "axes": [2, 3], "steps": [stride] * 2}
    cut = [builder.constant(f"{name}.{key}", np.array(value, np.int64)) for key, value in numbers.items()]
    thinned = builder.node("Slice", [entry, *cut], f"{name}.thinned")
    before = missing // 2
    pads = builder.constant(f"{name}.pads", np.array([0, before, 0, 0, 0, missing - before, 0, 0], np.int64))
    return builder.node("Pad", [thinned, pads], f"{name}.padded")


def _relu(builder: GraphBuilder, entry: str, name: str) -> str:
    return builder.node("Relu", [entry], name)
