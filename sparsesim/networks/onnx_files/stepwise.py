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
_MOST_WORK: Final = 1_000_000
"""Nodes times steps: some ten seconds of inference."""
_MAY_SHRINK: Final = {
    *("AveragePool", "LpPool", "MaxPool", "MaxUnpool", "QLinearAveragePool", "Col2Im", "CenterCropPad", "Crop"),
    *("Conv", "ConvInteger", "ConvTranspose", "DeformConv", "FusedConv", "NhwcConv", "QLinearConv"),
    *("ConstantOfShape", "Expand", "Pad", "Range", "Resize", "Split", "Tile", "Upsample", "STFT"),
}
"""Operators whose output may be of negative size, though their input is not, by what ONNX infers."""


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
    steps = _steps(model.graph, _kinds_inside(model))
    last = max(steps.values(), default=0)
    if last * len(model.graph.node) > _MOST_WORK:
        raise InputError(f"graph: {last} windows with a Slice behind each, one after another: they take too long")
    for step in range(last):
        hidden = type(model)()
        hidden.CopyFrom(model)
        for index, after in steps.items():
            if after > step:
                _hide(hidden, hidden.graph.node[index])
        check(infer(hidden).graph)


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


def _steps(graph: "GraphProto", inside: "Callable[[NodeProto], set[str]]") -> dict[int, int]:
    """After how many steps a node that slices may be seen, by its position; those not named may at once."""
    found: dict[int, int] = {}
    reached: dict[str, tuple[int, bool]] = {}
    for index, node in enumerate(graph.node):
        kinds = inside(node)
        # Inner graphs may read whatever comes before them.
        before = list(reached.values()) if len(kinds) > 1 else [reached[name] for name in node.input if name in reached]
        step = max((known for known, _ in before), default=0)
        may_be_negative = any(negative for known, negative in before if known == step)
        if _SLICE in kinds and may_be_negative:
            step, may_be_negative = step + 1, False
            found[index] = step
        may_be_negative = may_be_negative or bool(kinds & _MAY_SHRINK)
        if step or may_be_negative:
            reached.update(dict.fromkeys(node.output, (step, may_be_negative)))
    return found
