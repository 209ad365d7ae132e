"""From the nodes of an ONNX graph to the fields of a `Layer`."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsesim.errors import InputError
from sparsesim.limits import MAX_MACS, checked_size
from sparsesim.networks.layer import Layer
from sparsesim.networks.onnx_files.graph import Array, Graph, attributes
from sparsesim.networks.onnx_files.operators import Operator, node_name, operator
from sparsesim.networks.onnx_files.weights import StoredWeight

if TYPE_CHECKING:
    from onnx import NodeProto

Fields = dict[str, Any]


def onnx_layer(graph: Graph, stored: StoredWeight) -> Layer:
    """The layer that a node stands for.

    Raises InputError for sizes that stay unknown, too many MACs to count and integer weights without scale.
    """
    layer = Layer(name=stored.name, **_fields(graph, stored))
    checked_size(f"{stored.node.op_type} {stored.name!r}: MACs", *layer.gemm, limit=MAX_MACS)
    return layer


def _fields(graph: Graph, stored: StoredWeight) -> Fields:
    node, kind = stored.node, operator(stored.node)
    assert kind is not None
    if not stored.pieces:
        return _activation_product(graph, node, kind)
    weight = stored.read(graph)
    if not np.issubdtype(weight.dtype, np.floating):
        raise InputError(f"{node.op_type} {stored.name!r}: weights are {weight.dtype}, not floating point")
    return _READERS[kind.like](graph, node, kind, weight)


def bias_tensor(graph: Graph, node: "NodeProto", outputs: int) -> str | None:
    """The tensor that holds the bias of a layer with so many outputs; None if there is none or it is computed."""
    kind = operator(node)
    position = kind.bias if kind else None
    if position is not None and len(node.input) > position and node.input[position]:
        return str(node.input[position]) if graph.constant(node.input[position]) is not None else None
    return graph.following_bias(node.output[0], outputs)


def _conv(graph: Graph, node: "NodeProto", kind: Operator, weight: Array) -> Fields:
    """A 1-D convolution is read as a 2-D one of height 1."""
    fields, size = _convolution(graph, node, kind, weight)
    flags = attributes(node)
    padding = _padding(flags, size, list(weight.shape[2:]), *_steps(flags, weight))
    return fields | {
        "kind": "conv2d",
        "n_bias": _n_bias(graph, node, len(weight)),
        "padding": _both_axes(padding),
    }


def _conv_transpose(graph: Graph, node: "NodeProto", kind: Operator, weight: Array) -> Fields:
    fields, size = _convolution(graph, node, kind, weight)
    flags = attributes(node)
    padding, extra = _cropping(flags, size, list(weight.shape[2:]), *_steps(flags, weight))
    return fields | {
        "kind": "conv_transpose2d",
        "n_bias": _n_bias(graph, node, weight.shape[1] * flags.get("group", 1)),
        "padding": _both_axes(padding),
        "output_padding": tuple([0] * (2 - len(extra)) + extra),
    }


def _convolution(graph: Graph, node: "NodeProto", kind: Operator, weight: Array) -> tuple[Fields, list[int]]:
    """What both directions of convolutions share, and the size of the input map."""
    reader, spatial = f"{node.op_type} {node_name(node)!r}", weight.ndim - 2
    if spatial not in (1, 2):
        raise InputError(f"{reader}: weights {weight.shape} are neither 1-D nor 2-D")
    batch, _, *size = graph.known_size(node.input[kind.operands[0]], slice(None), reader)
    if batch != 1:
        raise InputError(f"{reader}: its input holds {batch} samples; give input_shape with a batch of 1")
    flags = attributes(node)
    stride, dilation = _steps(flags, weight)
    flat = [1] * (2 - spatial)
    shape = (*weight.shape[:2], *flat, *weight.shape[2:])
    fields = {
        "weight_shape": shape,
        "source": weight.reshape(shape),
        "input_size": (*flat, *size),
        "stride": (*flat, *stride),
        "dilation": (*flat, *dilation),
        "groups": flags.get("group", 1),
    }
    return fields, size


def _steps(flags: Fields, weight: Array) -> tuple[list[int], list[int]]:
    ones = [1] * (weight.ndim - 2)
    return list(flags.get("strides", ones)), list(flags.get("dilations", ones))


def _padding(flags: Fields, size: list[int], kernel: list[int], stride: list[int], dilation: list[int]) -> list[int]:
    """Padding as ONNX lists it: all beginnings, then all ends."""
    automatic = flags.get("auto_pad", "NOTSET")
    if automatic == "NOTSET":
        return list(flags.get("pads", [0] * 2 * len(size)))
    totals = []
    for extent, k, s, d in zip(size, kernel, stride, dilation, strict=True):
        total = max((math.ceil(extent / s) - 1) * s + d * (k - 1) + 1 - extent, 0) if automatic != "VALID" else 0
        totals.append(total)
    return _split(totals, long_end=automatic != "SAME_LOWER")


def _cropping(
    flags: Fields, size: list[int], kernel: list[int], stride: list[int], dilation: list[int]
) -> tuple[list[int], list[int]]:
    """Padding and output padding of a transposed convolution, worked out where only its output size is given.

    ONNX: output = stride * (input - 1) + output_padding + dilation * (kernel - 1) + 1 - padding.
    """
    automatic = flags.get("auto_pad", "NOTSET")
    extra = list(flags.get("output_padding", [0] * len(size)))
    wanted = list(flags.get("output_shape", []))[-len(size) :]
    if automatic.startswith("SAME") and not wanted:
        wanted = [extent * s for extent, s in zip(size, stride, strict=True)]
    if not wanted:
        pads = list(flags.get("pads", [0] * 2 * len(size))) if automatic == "NOTSET" else [0] * 2 * len(size)
        return pads, extra
    totals = []
    for axis, (extent, k, s, d) in enumerate(zip(size, kernel, stride, dilation, strict=True)):
        total = s * (extent - 1) + extra[axis] + d * (k - 1) + 1 - wanted[axis]
        extra[axis] += max(-total, 0)
        totals.append(max(total, 0))
    return _split(totals, long_end=automatic == "SAME_UPPER"), extra


def _split(totals: list[int], *, long_end: bool) -> list[int]:
    short, long = [total // 2 for total in totals], [total - total // 2 for total in totals]
    return short + long if long_end else long + short


def _both_axes(padding: list[int]) -> tuple[int, ...]:
    return tuple(padding) if len(padding) == 4 else (0, padding[0], 0, padding[1])


def _linear(graph: Graph, node: "NodeProto", kind: Operator, weight: Array) -> Fields:
    first, second = (node.input[position] for position in kind.operands)
    rows_first = graph.constant(first) is None
    flip = bool(attributes(node).get("transA" if rows_first else "transB", 0))
    *batch, rows, columns = _at_least_matrix(graph, node, first if rows_first else second, rows_first)
    return {
        "kind": "linear",
        "weight_shape": weight.shape,
        "source": weight,
        "n_bias": _n_bias(graph, node, len(weight)),
        "positions": math.prod(batch) * (rows if rows_first != flip else columns),
    }


def _at_least_matrix(graph: Graph, node: "NodeProto", activation: str, rows_first: bool) -> list[int]:
    """The size of an activation; a vector is one row before the weights, one column behind them."""
    size = graph.known_size(activation, slice(None), f"{node.op_type} {node_name(node)!r}")
    if len(size) > 1:
        return size
    return [1, *size] if rows_first else [*size, 1]


def _recurrent(graph: Graph, node: "NodeProto", kind: Operator, weight: Array) -> Fields:
    time_axis = 1 if attributes(node).get("layout", 0) else 0
    (steps,) = graph.known_size(node.input[0], slice(time_axis, time_axis + 1), f"{node.op_type} {node_name(node)!r}")
    return {
        "kind": node.op_type.lower(),
        "weight_shape": weight.shape,
        "source": weight,
        "n_bias": 2 * len(weight) * bool(_n_bias(graph, node, 0)),
        "steps": steps,
    }


def _activation_product(graph: Graph, node: "NodeProto", kind: Operator) -> Fields:
    reader = f"{node.op_type} {node_name(node)!r}"
    a, b = (graph.known_size(node.input[position], slice(None), reader) for position in kind.operands)
    flags = attributes(node)
    if flags.get("transBatchA", 0) or flags.get("transBatchB", 0):
        raise InputError(f"{reader}: transposed batches are not read")
    (*batch_a, m, k), (*batch_b, _, n) = _flipped(a, flags, "transA"), _flipped(b, flags, "transB")
    batch = np.broadcast_shapes(tuple(batch_a), tuple(batch_b))
    return {"kind": "matmul", "m": m, "k": k, "n": n, "batch": math.prod(batch)}


def _flipped(size: list[int], flags: Fields, flag: str) -> list[int]:
    return [*size[:-2], size[-1], size[-2]] if flags.get(flag, 0) else size


def _n_bias(graph: Graph, node: "NodeProto", outputs: int) -> int:
    tensor = bias_tensor(graph, node, outputs)
    bias = graph.constant(tensor) if tensor else None
    return 0 if bias is None else bias.size


_READERS: dict[str, Callable[[Graph, "NodeProto", Operator, Array], Fields]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "product": _linear,
    "recurrent": _recurrent,
}
