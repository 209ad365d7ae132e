"""Whether the operands and attributes of a convolution fit each other."""

from typing import TYPE_CHECKING, Any

from sparsesim.networks.onnx_files.fields import fault
from sparsesim.networks.onnx_files.graph import Graph, Size, attributes
from sparsesim.networks.onnx_files.operators import Operator

if TYPE_CHECKING:
    from onnx import NodeProto


def check_window(graph: Graph, node: "NodeProto", kind: Operator) -> None:
    """Channels, groups, bias and the number of axes of a convolution or a transposed one."""
    entry, name = (node.input[position] for position in kind.operands)
    weight, flags = graph.size(name), attributes(node)
    if not weight:
        return
    if len(weight) < 3:
        raise fault(node, f"input {name!r}", weight, "weights of a convolution have 3 axes or more")
    _check_lengths(node, flags, weight)
    size, groups = graph.size(entry), flags.get("group", 1)
    if size and len(size) != len(weight):
        raise fault(node, f"input {entry!r}", size, f"{len(weight)} axes are needed, as its weights have")
    transposed = kind.like == "conv_transpose"
    if weight[0] is not None and weight[0] % groups:
        raise fault(node, "group", groups, f"the {weight[0]} {'in' if transposed else 'out'}puts must divide by it")
    channels, outputs = _times(weight[1], groups), weight[0]
    if transposed:
        channels, outputs = outputs, channels
    if size and None not in (size[1], channels) and size[1] != channels:
        words = f"{channels} channels are needed: its weights are {tuple(weight)}, in {groups} groups"
        raise fault(node, f"input {entry!r}", size, words)
    if kind.bias is not None and len(node.input) > kind.bias and outputs is not None:
        bias = node.input[kind.bias]
        if graph.size(bias) not in ([], [outputs], [None]):
            raise fault(node, f"input {bias!r}", graph.size(bias), f"a bias of {outputs} values is needed")


def _check_lengths(node: "NodeProto", flags: dict[str, Any], weight: Size) -> None:
    axes = len(weight) - 2
    lengths = {"strides": axes, "dilations": axes, "kernel_shape": axes, "output_padding": axes, "pads": 2 * axes}
    for field, length in lengths.items():
        if field in flags and len(flags[field]) != length:
            raise fault(node, field, list(flags[field]), f"{length} numbers are needed for {axes} axes")
    steps = zip(flags.get("strides", [1] * axes), flags.get("dilations", [1] * axes), strict=True)
    extra = flags.get("output_padding", [])
    if any(more >= max(step) for more, step in zip(extra, steps, strict=False)):
        raise fault(node, "output_padding", list(extra), "less than the stride or the dilation is needed")
    if len(flags.get("output_shape", weight)) not in (axes, axes + 2):
        raise fault(node, "output_shape", list(flags["output_shape"]), f"{axes} numbers are needed for {axes} axes")
    kernel = list(flags.get("kernel_shape", weight[2:]))
    if any(stored not in (None, said) for stored, said in zip(weight[2:], kernel, strict=True)):
        raise fault(node, "kernel_shape", kernel, f"its weights are {tuple(weight)}")


def _times(size: int | None, groups: int) -> int | None:
    return None if size is None else size * groups
