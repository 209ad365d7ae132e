"""Sizes of all tensors of a graph, by ONNX's own checker and its strict shape inference."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sparsesim.errors import InputError
from sparsesim.networks.onnx_files.node_by_node import first_contradiction
from sparsesim.networks.onnx_files.operators import node_name, with_plain_operators
from sparsesim.networks.onnx_files.outline import outline_of
from sparsesim.networks.onnx_files.stepwise import hide_windows_with_slices, inferred_in_steps
from sparsesim.networks.onnx_files.tensor_sizes import check_output_sizes

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

_MARK: Final = "sparsesim.node."
"""Nodes bear their number while ONNX looks at them, so that its messages can be traced to them."""
_MARKED: Final = re.compile(re.escape(_MARK) + r"(\d+)")
_NOISE: Final = re.compile(
    r"\[(Shape|Type)InferenceError\]|Inference error\(s\):|\(op_type:[^()]*\):|==> Context:.*|Bad node spec.*"
)
_LONGEST_SHAPE_DATA: Final = 2**16
"""Sizes that ONNX may follow through a graph as values: a short chain of Concat can double them without end."""
_FOLLOWS_VALUES: Final = {
    *("Add", "Sub", "Mul", "Div", "Mod", "Min", "Max", "Floor", "Ceil", "Cast", "Concat", "Gather", "Identity"),
    *("Range", "Reshape", "Shape", "Size", "Slice", "Squeeze", "Unsqueeze", "Where"),
}


_UNLISTED_TYPE: Final = "has unsupported type"


class Inferred(NamedTuple):
    """A graph whose `value_info` and outputs tell sizes, and the first contradiction that inference found.

    Where there is a contradiction, the sizes are those that are known in spite of it.
    """

    graph: "GraphProto"
    fault: InputError | None


def inferred(model: "ModelProto", *, keep_noted: bool = True) -> Inferred:
    """Sizes of a model whose input sizes are set; those that the file notes count only if `keep_noted`.

    Raises InputError, naming the node, where ONNX's checker finds the model not valid.
    """
    from onnx import checker

    outline = outline_of(model)
    if not keep_noted:
        del outline.graph.value_info[:]
        for output in outline.graph.output:
            output.type.tensor_type.ClearField("shape")
    nodes = list(model.graph.node)
    for number, node in enumerate(outline.graph.node):
        node.name = f"{_MARK}{number}"
    outline.graph.name = outline.graph.name or "graph"
    _forget_open_sizes(outline.graph)
    try:
        _with_ranks(outline, checker.check_model)
    except Exception as error:  # the C++ side raises several kinds
        raise _told(error, nodes) from error
    return _sizes(outline, nodes)


def _sizes(outline: "ModelProto", nodes: Sequence["NodeProto"]) -> Inferred:
    from onnx import shape_inference

    hide_windows_with_slices(outline)
    plain = with_plain_operators(outline)
    # Values that are followed only help to find sizes: without them some may stay unknown, and are asked for.
    data_prop = _longest_shape_data(outline.graph) <= _LONGEST_SHAPE_DATA
    inferred_in_steps(
        plain,
        lambda hidden: shape_inference.infer_shapes(hidden, data_prop=data_prop),
        lambda sized: check_output_sizes(nodes, sized),
    )
    fault: InputError | None = None
    found: Any = None
    for check_type in (True, False):
        try:
            found = shape_inference.infer_shapes(outline, check_type, strict_mode=True, data_prop=data_prop)
        except Exception as error:  # the C++ side raises several kinds
            fault = _told(error, nodes)
            # Exporters use types before an operator lists them, as int16 and bfloat16: no size depends on it.
            if check_type and _UNLISTED_TYPE in str(error):
                fault = None
                continue
        break
    if fault is not None or plain is not outline:
        try:
            found = shape_inference.infer_shapes(plain, data_prop=data_prop)
        except Exception as error:  # as above
            raise fault or _told(error, nodes) from error
    if fault is None and (contradiction := first_contradiction(outline, found.graph)) is not None:
        index, cause = contradiction
        fault = _told(cause, nodes, index)
    return Inferred(found.graph, fault)


def _told(error: Exception, nodes: Sequence["NodeProto"], index: int | None = None) -> InputError:
    """The first thing that ONNX has to say, with the node as the file names it: that of `index`, or of its mark."""
    text = " ".join(str(error).split())
    marked = _MARKED.search(text)
    first = next((part for part in re.split(r"\(op_type:[^()]*\):", text)[1:] if part.strip()), text)
    words = " ".join(_MARKED.sub("node", _NOISE.sub("", first)).split())
    if index is None:
        index = int(marked[1]) if marked is not None else len(nodes)
    if index >= len(nodes):
        return InputError(f"the ONNX graph is not valid: {words}")
    node = nodes[index]
    return InputError(f"{node.op_type} {node_name(node)!r}: inputs {', '.join(node.input)}: {words}")


def _with_ranks(outline: "ModelProto", check: Callable[["ModelProto"], None]) -> None:
    """The checker wants outputs to say their rank, which custom operators and many exporters leave open."""
    silent = [value for value in outline.graph.output if _is_silent(value)]
    for value in silent:
        value.type.tensor_type.shape.SetInParent()
    check(outline)
    for value in silent:
        value.type.tensor_type.ClearField("shape")


def _is_silent(value: Any) -> bool:
    return value.type.HasField("tensor_type") and not value.type.tensor_type.HasField("shape")


def _forget_open_sizes(graph: "GraphProto") -> None:
    """0 and -1 are how some exporters write a size that is open."""
    for value in (*graph.input, *graph.value_info, *graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.WhichOneof("value") == "dim_value" and dim.dim_value <= 0:
                dim.ClearField("dim_value")


def _longest_shape_data(graph: "GraphProto") -> int:
    """A bound on how many values ONNX keeps of one tensor while it follows sizes through the graph."""
    from math import prod

    lengths = {tensor.name: prod(tensor.dims) for tensor in graph.initializer}
    longest = 0
    for node in graph.node:
        if node.op_type == "Constant":
            length = max((prod(attribute.t.dims) for attribute in node.attribute), default=0)
        elif node.op_type == "Shape":
            length = _LONGEST_RANK
        elif node.op_type in _FOLLOWS_VALUES:
            known = [lengths.get(name, 0) for name in node.input]
            length = sum(known) if node.op_type == "Concat" else max(known, default=0)
        else:
            continue
        lengths[node.output[0]] = length
        longest = max(longest, length if node.op_type != "Constant" else 0)
    return longest


_LONGEST_RANK: Final = 16
