"""Shape inference in steps: ONNX ends the whole process where a Slice reads a tensor of negative size.

Windows that are larger than what they move over, and paddings that take away, give such sizes. Slices behind them stay
hidden until the sizes in front of them are known to be sound.
"""

from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, Final

from sparsesim.errors import InputError
from sparsesim.networks.onnx_files.stored_tensors import nodes_inside, nodes_of

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

_SLICE: Final = "Slice"
_HIDDEN: Final = "sparsesim.hidden"
_MOST_WORK: Final = 100_000
"""Nodes times steps: a few seconds of inference."""
_MAY_SHRINK: Final = {
    *("AveragePool", "LpPool", "MaxPool", "MaxUnpool", "QLinearAveragePool", "Col2Im", "CenterCropPad", "Crop"),
    *("Conv", "ConvInteger", "ConvTranspose", "DeformConv", "FusedConv", "NhwcConv", "QLinearConv"),
    *("DFT", "Expand", "Pad", "Resize", "RoiAlign", "STFT", "Split", "TopK", "Upsample"),
}
"""Operators whose output may be of negative size, though their input is not, by what ONNX infers."""

_ALWAYS_SOUND: Final = {"Shape", "Size"}
"""Operators whose output has as many values as their input has axes, or one."""


def hide_windows_with_slices(model: "ModelProto") -> None:
    """Hide nodes whose inner graphs or functions hold both: what they put out stays unknown."""
    inside = _kinds_inside(model)
    for node in model.graph.node:
        if _SLICE in (kinds := inside(node)) and kinds & _MAY_SHRINK:
            _hide(model, node)


def inferred_in_steps(
    model: "ModelProto", infer: Callable[["ModelProto"], Any], check: Callable[["GraphProto"], None]
) -> None:
    """Raise what `check` raises for the sizes in front of any Slice; after that a model can be inferred as a whole.

    `infer` gives a model with as many sizes as it finds, `check` refuses negative ones.
    Raises InputError where the steps would take too long.
    """
    inside = _kinds_inside(model)
    sound: set[int] = set()
    rounds = 0
    while waiting := _waiting(model.graph, inside, sound):
        rounds += 1
        if rounds * len(model.graph.node) > _MOST_WORK:
            raise InputError(f"graph: more than {rounds} windows with a Slice behind each, in turn: they take too long")
        hidden = type(model)()
        hidden.CopyFrom(model)
        for index in waiting:
            _hide(hidden, hidden.graph.node[index])
        sized = infer(hidden).graph
        check(sized)
        known = {value.name for value in sized.value_info if _is_known(value)}
        behind = _behind(model.graph, waiting)
        sound |= {
            index
            for index, node in enumerate(model.graph.node)
            if index not in behind or (index not in waiting and known.issuperset(filter(None, node.output)))
        }


def _hide(model: "ModelProto", node: "NodeProto") -> None:
    """Let a node be of an operator that nobody knows."""
    node.domain = _HIDDEN
    if all(opset.domain != _HIDDEN for opset in model.opset_import):
        model.opset_import.add(domain=_HIDDEN, version=1)


def _kinds_inside(model: "ModelProto") -> "Callable[[NodeProto], set[str]]":
    """For a node, the operators that it stands for: those in its inner graphs and functions too."""
    functions: dict[tuple[str, str], set[str]] = {}

    def kinds(node: "NodeProto") -> set[str]:
        if not model.functions and not any(attribute.HasField("g") for attribute in node.attribute):
            return {node.op_type}
        inner = [node] if node.domain == _HIDDEN else [node, *nodes_inside(node)]
        return {node.op_type}.union(*(functions.get((each.domain, each.op_type), {each.op_type}) for each in inner))

    bodies = {(function.domain, function.name): list(nodes_of(function)) for function in model.functions}
    calls = {key: [(each.domain, each.op_type) for each in nodes] for key, nodes in bodies.items()}
    for key in TopologicalSorter(calls).static_order():
        if key in bodies:
            functions[key] = set[str]().union(*(functions.get(each, {each[1]}) for each in calls[key]))
    return kinds


def _waiting(graph: "GraphProto", inside: "Callable[[NodeProto], set[str]]", sound: set[int]) -> set[int]:
    """Positions of nodes that slice what may be of negative size, by all that is not known to be sound."""
    found: set[int] = set()
    doubtful: set[str] = set()
    for index, node in enumerate(graph.node):
        kinds = inside(node)
        # Inner graphs may read whatever comes before them.
        doubt = bool(doubtful) if len(kinds) > 1 else not doubtful.isdisjoint(node.input)
        if _SLICE in kinds and doubt:
            found.add(index)
        if index not in sound and node.op_type not in _ALWAYS_SOUND and (doubt or kinds & _MAY_SHRINK):
            doubtful.update(node.output)
    return found


def _behind(graph: "GraphProto", nodes: set[int]) -> set[int]:
    """Positions of these nodes and of all that depend on them; of inner graphs, whatever follows."""
    found = set(nodes)
    reached: set[str] = set()
    for index, node in enumerate(graph.node):
        has_inner = any(attribute.HasField("g") for attribute in node.attribute)
        if index in nodes or (reached and has_inner) or not reached.isdisjoint(node.input):
            found.add(index)
            reached.update(node.output)
    return found


def _is_known(value: Any) -> bool:
    described = value.type.tensor_type
    return described.HasField("shape") and all(dim.HasField("dim_value") for dim in described.shape.dim)
