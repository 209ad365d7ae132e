"""Networks from ONNX files."""

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsesim.errors import InputError
from sparsesim.networks.layer import Layer
from sparsesim.networks.network import Network
from sparsesim.networks.onnx_graph import Array, Graph, InputShape, attributes, with_input_sizes
from sparsesim.networks.onnx_weights import StoredWeight, stored_weights

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

_NOT_COUNTED = {
    *("ConvTranspose", "DeformConv", "Einsum", "RNN", "If", "Loop", "Scan"),
    *("Attention", "MultiHeadAttention", "GroupQueryAttention", "FusedConv", "FusedGemm", "FusedMatMul"),
    *("QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "MatMulNBits"),
}


def network_from_onnx(path: Path, *, input_shape: InputShape | None = None) -> Network:
    """The Conv, Gemm, MatMul, LSTM and GRU nodes of an ONNX file, per sample.

    `input_shape` gives the sizes of the input, batch included, or of several inputs by name; an open batch
    dimension counts as 1. Node types that multiply but are not read are listed in `notes`.
    Raises InputError for a damaged file, a size that stays unknown and weights that are not constants.
    """
    model = _inferred(read_onnx(path), input_shape)
    graph = Graph(model.graph)
    layers = _layers(graph)
    if not layers:
        raise InputError("the graph has no Conv, Gemm, MatMul, LSTM or GRU node")
    return Network(
        name=path.stem,
        layers=layers,
        weights_origin="imported",
        source=str(path),
        input_description=", ".join(_input_lines(model)),
        notes=_notes(model),
        path=path,
    )


def read_onnx(path: Path) -> "ModelProto":
    """The model in a file; InputError where onnx is not installed or the file is damaged."""
    try:
        import onnx
    except ImportError as error:
        raise InputError("reading ONNX files needs the onnx package: pip install 'sparsesim[onnx]'") from error
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf, onnx and the file system each raise their own kind
        raise InputError(f"not a readable ONNX file: {' '.join(str(error).split())}") from error
    if not model.graph.node or not model.opset_import:
        raise InputError("not a readable ONNX file: it holds no graph")
    return model


def layers_of_model(model: "ModelProto", input_shape: InputShape | None = None) -> tuple[Layer, ...]:
    """The layers of a model in memory, as `network_from_onnx` reads them; sizes are written into the model."""
    return _layers(Graph(_inferred(model, input_shape).graph))


def _inferred(model: "ModelProto", input_shape: InputShape | None) -> "ModelProto":
    from onnx import shape_inference

    with_input_sizes(model, input_shape)
    if input_shape is not None:
        # Sizes that an exporter noted for another input would contradict the given one.
        del model.graph.value_info[:]
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")
    try:
        return shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:  # the C++ side raises several kinds
        raise InputError(f"ONNX shape inference failed: {' '.join(str(error).split())}") from error


def _layers(graph: Graph) -> tuple[Layer, ...]:
    try:
        return tuple(_layer(graph, stored) for stored in stored_weights(graph))
    except InputError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        # Attributes and sizes that contradict the operator: nothing has checked the graph before.
        raise InputError(f"the ONNX graph is not valid: {' '.join(str(error).split())}") from error


def _layer(graph: Graph, stored: StoredWeight) -> Layer:
    node = stored.node
    if not stored.pieces:
        return Layer(name=stored.name, **_activation_product(graph, node))
    weight = stored.read(graph)
    if not np.issubdtype(weight.dtype, np.floating):
        raise InputError(f"{node.op_type} {stored.name!r}: weights are {weight.dtype}, not floating point")
    return Layer(name=stored.name, **_READERS[node.op_type](graph, node, weight))


def _conv(graph: Graph, node: "NodeProto", weight: Array) -> dict[str, Any]:
    """A 1-D convolution is read as a 2-D one of height 1."""
    spatial = weight.ndim - 2
    if spatial not in (1, 2):
        raise InputError(f"Conv {node.name!r}: weights {weight.shape} are neither 1-D nor 2-D")
    batch, _, *size = graph.known_size(node.input[0], slice(None), f"Conv {node.name!r}")
    if batch != 1:
        raise InputError(f"Conv {node.name!r}: its input holds {batch} samples; give input_shape with a batch of 1")
    flags = attributes(node)
    ones = [1] * spatial
    stride, dilation = flags.get("strides", ones), flags.get("dilations", ones)
    padding = _padding(flags, size, list(weight.shape[2:]), stride, dilation)
    flat = [1] * (2 - spatial)
    return {
        "kind": "conv2d",
        "weight_shape": (*weight.shape[:2], *flat, *weight.shape[2:]),
        "source": weight.reshape(*weight.shape[:2], *flat, *weight.shape[2:]),
        "n_bias": _bias(graph, node, 2, len(weight)),
        "input_size": (*flat, *size),
        "stride": (*flat, *stride),
        "dilation": (*flat, *dilation),
        "padding": tuple(padding) if spatial == 2 else (0, padding[0], 0, padding[1]),
        "groups": flags.get("group", 1),
    }


def _padding(
    flags: dict[str, Any], size: list[int], kernel: list[int], stride: list[int], dilation: list[int]
) -> list[int]:
    """Padding as ONNX lists it: all beginnings, then all ends."""
    automatic = flags.get("auto_pad", "NOTSET")
    if automatic == "NOTSET":
        return list(flags.get("pads", [0] * 2 * len(size)))
    begins, ends = [], []
    for extent, k, s, d in zip(size, kernel, stride, dilation, strict=True):
        total = max((math.ceil(extent / s) - 1) * s + d * (k - 1) + 1 - extent, 0) if automatic != "VALID" else 0
        short, long = total // 2, total - total // 2
        begins.append(long if automatic == "SAME_LOWER" else short)
        ends.append(short if automatic == "SAME_LOWER" else long)
    return begins + ends


def _linear(graph: Graph, node: "NodeProto", weight: Array) -> dict[str, Any]:
    outputs = len(weight)
    rows_first = graph.constant(node.input[0]) is None
    activation = node.input[0] if rows_first else node.input[1]
    flip = bool(attributes(node).get("transA" if rows_first else "transB", 0))
    *batch, rows, columns = _at_least_matrix(graph, node, activation, rows_first)
    return {
        "kind": "linear",
        "weight_shape": weight.shape,
        "source": weight,
        "n_bias": _bias(graph, node, 2, outputs),
        "positions": math.prod(batch) * (rows if rows_first != flip else columns),
    }


def _at_least_matrix(graph: Graph, node: "NodeProto", activation: str, rows_first: bool) -> list[int]:
    """The size of an activation; a vector is one row before the weights, one column behind them."""
    size = graph.known_size(activation, slice(None), f"{node.op_type} {node.name!r}")
    if len(size) > 1:
        return size
    return [1, *size] if rows_first else [*size, 1]


def _recurrent(graph: Graph, node: "NodeProto", weight: Array) -> dict[str, Any]:
    kind = node.op_type.lower()
    time_axis = 1 if attributes(node).get("layout", 0) else 0
    (steps,) = graph.known_size(node.input[0], slice(time_axis, time_axis + 1), f"{node.op_type} {node.name!r}")
    has_bias = len(node.input) > 3 and bool(node.input[3])
    return {
        "kind": kind,
        "weight_shape": weight.shape,
        "source": weight,
        "n_bias": 2 * len(weight) * has_bias,
        "steps": steps,
    }


def _activation_product(graph: Graph, node: "NodeProto") -> dict[str, Any]:
    reader = f"{node.op_type} {node.name!r}"
    a, b = (graph.known_size(name, slice(None), reader) for name in node.input[:2])
    flags = attributes(node)
    (*batch_a, m, k), (*batch_b, _, n) = _flipped(a, flags, "transA"), _flipped(b, flags, "transB")
    batch = np.broadcast_shapes(tuple(batch_a), tuple(batch_b))
    return {"kind": "matmul", "m": m, "k": k, "n": n, "batch": math.prod(batch)}


def _flipped(size: list[int], flags: dict[str, Any], flag: str) -> list[int]:
    return size[::-1] if flags.get(flag, 0) else size


def _bias(graph: Graph, node: "NodeProto", position: int, outputs: int) -> int:
    if len(node.input) > position and node.input[position]:
        bias = graph.constant(node.input[position])
        return 0 if bias is None else bias.size
    return graph.following_bias(node.output[0], outputs)


_READERS: dict[str, Callable[[Graph, "NodeProto", Array], dict[str, Any]]] = {
    "Conv": _conv,
    "Gemm": _linear,
    "MatMul": _linear,
    "LSTM": _recurrent,
    "GRU": _recurrent,
}


def _input_lines(model: "ModelProto") -> list[str]:
    constants = {tensor.name for tensor in model.graph.initializer}
    return [
        f"{value.name} {' x '.join(str(dim.dim_value or '?') for dim in value.type.tensor_type.shape.dim)}"
        for value in model.graph.input
        if value.name not in constants
    ]


def _notes(model: "ModelProto") -> str:
    skipped = Counter(node.op_type for node in model.graph.node if node.op_type in _NOT_COUNTED)
    return f"not counted: {', '.join(f'{n} {op}' for op, n in sorted(skipped.items()))}" if skipped else ""
