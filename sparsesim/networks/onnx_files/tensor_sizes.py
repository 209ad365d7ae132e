"""Whether the inferred sizes of a graph's tensors can be: whole, countable, and as many values behind a Reshape."""

from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING

from sparsesim.limits import checked_size
from sparsesim.networks.onnx_files.fields import fault
from sparsesim.networks.onnx_files.graph import Graph, Size, attributes
from sparsesim.networks.onnx_files.operators import node_name

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

_TAKE_A_LIST = ("Reshape", "Squeeze", "Unsqueeze")
_WINDOWS = ("AveragePool", "LpPool", "MaxPool", "QLinearAveragePool")
_POOL_MAPS = ("GlobalAveragePool", "GlobalMaxPool")
_KEEP_VALUES = ("Flatten", "Reshape", "Squeeze", "Unsqueeze")


def check_output_sizes(nodes: "Iterable[NodeProto]", sized: "GraphProto") -> None:
    """Raise InputError, with the node, for an output of less than no values or of more than can be counted.

    `sized` is the graph of these nodes after shape inference.
    """
    found = _sizes(sized)
    for node in nodes:
        for name in node.output:
            known = [dim for dim in found.get(name, ()) if dim is not None]
            if any(dim < (1 if node.op_type in _WINDOWS else 0) for dim in known):
                raise fault(
                    node, f"output {name!r}", tuple(found[name]), "the window is larger than what it moves over"
                )
            checked_size(f"{node.op_type} {node_name(node)!r}: output {name!r}", *known)


def check_arguments(graph: Graph, sized: "GraphProto") -> None:
    """Raise InputError, with the node, for arguments that inference takes as they are, and for values that get lost."""
    found = _sizes(sized)
    for node in graph.graph.node:
        if node.domain in ("", "ai.onnx") and node.input and node.output:
            _check_arguments(graph, node)
            before, after = _known(graph.size(node.input[0])), _known(found.get(node.output[0], []))
            if node.op_type in _KEEP_VALUES and None not in (before, after) and before != after:
                words = f"its input {node.input[0]!r} is {tuple(graph.size(node.input[0]))}"
                raise fault(node, f"output {node.output[0]!r}", tuple(found[node.output[0]]), words)


def _sizes(sized: "GraphProto") -> dict[str, Size]:
    return {
        value.name: [dim.dim_value if dim.HasField("dim_value") else None for dim in value.type.tensor_type.shape.dim]
        for value in (*sized.input, *sized.value_info, *sized.output)
    }


def _check_arguments(graph: Graph, node: "NodeProto") -> None:
    """What inference takes as it is: sizes and axes in more than a list, axes that a tensor does not have."""
    if node.op_type in _TAKE_A_LIST and len(node.input) > 1 and len(graph.size(node.input[1])) > 1:
        raise fault(node, f"input {node.input[1]!r}", graph.size(node.input[1]), "a list of numbers is needed")
    if node.op_type in _POOL_MAPS and 0 < len(graph.size(node.input[0])) < 3:
        raise fault(node, f"input {node.input[0]!r}", tuple(graph.size(node.input[0])), "3 axes or more are needed")
    order = attributes(node).get("perm") if node.op_type == "Transpose" else None
    size = graph.size(node.input[0]) if order is not None else []
    if order is not None and (sorted(order) != list(range(len(order))) or len(size) not in (0, len(order))):
        raise fault(node, "perm", list(order), f"each axis of its input {node.input[0]!r} {tuple(size)} once is needed")


def _known(size: Size) -> int | None:
    known = [dim for dim in size if dim is not None]
    return prod(known) if size and len(known) == len(size) else None
