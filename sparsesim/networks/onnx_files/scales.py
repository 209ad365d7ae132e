"""Whether scales and zero points fit what they belong to: one value, or one for each channel or block."""

from math import prod
from typing import TYPE_CHECKING

from sparsesim.networks.onnx_files.fields import fault
from sparsesim.networks.onnx_files.graph import Graph, attributes
from sparsesim.networks.onnx_files.operators import Operator

if TYPE_CHECKING:
    from onnx import NodeProto

_OF_RESULTS = {"QLinearConv": (6, 7)}
"""Positions of the scale and zero point of an output that has one of each."""


def check_operand_scales(graph: Graph, node: "NodeProto", kind: Operator) -> None:
    """Raise InputError for a quantised operator with other scales or zero points than its operands need."""
    for positions in (kind.scales, kind.zero_points):
        for operand, position in zip(kind.operands, positions or (), strict=False):
            of = _known(graph, node.input[operand])
            if of:
                axis = _channel_axis(node, kind, operand, len(of))
                _check_count(graph, node, position, None if axis is None else of[axis], node.input[operand])
    for position in _OF_RESULTS.get(node.op_type, ()):
        _check_count(graph, node, position, None, "the output")


def check_scale(graph: Graph, node: "NodeProto") -> None:
    """Raise InputError for QuantizeLinear and DequantizeLinear whose scales or zero points do not fit their input."""
    if len(node.input) < 2 or not _is_sized(graph, node.input[1]):
        return
    of, scale = _known(graph, node.input[0]), _known(graph, node.input[1])
    flags = attributes(node)
    axis, block = flags.get("axis", 1), flags.get("block_size", 0)
    if not of or scale is None:
        return
    if prod(scale) != 1 and not -len(of) <= axis < len(of):
        raise fault(node, "axis", axis, f"its input {node.input[0]!r} is {tuple(of)}")
    if prod(scale) != 1 and not block and scale != [of[axis]]:
        words = f"one value or {of[axis]}, one for each position of axis {axis} of {tuple(of)}, are needed"
        raise fault(node, f"input {node.input[1]!r}", scale, words)
    if block:
        wanted = [*of]
        wanted[axis] = -(-of[axis] // block) if block > 0 else 0
        if block < 1 or scale != wanted:
            raise fault(node, "block_size", block, f"its scales are {tuple(scale)}, its input is {tuple(of)}")
    if len(node.input) > 2 and node.input[2] and _is_sized(graph, node.input[2]):
        zero = _known(graph, node.input[2])
        if zero is not None and zero != scale and not prod(zero) == prod(scale) == 1:
            words = f"as many values as its scales have, {tuple(scale)}, are needed"
            raise fault(node, f"input {node.input[2]!r}", zero, words)


def _check_count(graph: Graph, node: "NodeProto", position: int, channels: int | None, of: str) -> None:
    if position >= len(node.input) or not node.input[position]:
        return
    size = _known(graph, node.input[position])
    listed = node.op_type != "QLinearConv" or size is None or len(size) < 2
    if size is not None and not (listed and prod(size) in (1, channels)):
        several = "" if channels is None else f" or {channels}, one for each channel of {of!r}, are"
        raise fault(node, f"input {node.input[position]!r}", size, f"one value{several or ' is'} needed")


def _is_sized(graph: Graph, tensor: str) -> bool:
    """Whether no size means that it has none, and not that it is unknown."""
    return graph.is_constant(tensor) or bool(graph.size(tensor))


def _known(graph: Graph, tensor: str) -> list[int] | None:
    size = graph.size(tensor)
    known = [dim for dim in size if dim is not None]
    return known if len(known) == len(size) else None


def _channel_axis(node: "NodeProto", kind: Operator, operand: int, rank: int) -> int | None:
    """The axis along which an operand may have scales of its own; None where it has one."""
    if kind.like == "conv":
        return 0 if operand == kind.operands[1] else None
    flags = attributes(node)
    if rank == 1:
        return 0
    if operand == kind.operands[0]:
        return -1 if flags.get("transA", 0) else -2
    return -2 if flags.get("transB", 0) else -1
