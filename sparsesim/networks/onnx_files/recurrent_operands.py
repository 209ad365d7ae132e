"""Whether the operands and attributes of an LSTM, GRU or RNN fit each other."""

from typing import TYPE_CHECKING

from sparsesim.networks.onnx_files.fields import fault
from sparsesim.networks.onnx_files.graph import Graph, Size, attributes
from sparsesim.networks.onnx_files.operators import Operator

if TYPE_CHECKING:
    from onnx import NodeProto

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
_NAMES = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")


def check_recurrent(graph: Graph, node: "NodeProto", _: Operator) -> None:
    """Directions, widths, states and biases: all follow from the sizes of X and R."""
    flags = attributes(node)
    directions = 2 if flags.get("direction", "forward") == "bidirectional" else 1
    recurrent = graph.size(node.input[2])
    hidden = flags.get("hidden_size", recurrent[2] if len(recurrent) == 3 else None)
    entry, weight = graph.size(node.input[0]), graph.size(node.input[1])
    batch_axis = 0 if flags.get("layout", 0) else 1
    batch = entry[batch_axis] if len(entry) == 3 else None
    inputs = entry[2] if len(entry) == 3 else weight[2] if len(weight) == 3 else None
    rows = None if hidden is None else GATES[node.op_type] * hidden
    state = [batch, directions, hidden] if flags.get("layout", 0) else [directions, batch, hidden]
    expected: list[Size] = [
        [None, None, None],
        [directions, rows, inputs],
        [directions, rows, hidden],
        [directions, None if rows is None else 2 * rows],
        [batch],
        state,
        state,
        [directions, None if hidden is None else 3 * hidden],
    ]
    for name, part, wanted in zip(node.input, _NAMES, expected, strict=False):
        found = graph.size(name) if name else []
        if found and not _fit(found, wanted):
            shown = ", ".join("?" if dim is None else str(dim) for dim in wanted)
            raise fault(node, f"input {name!r}", found, f"{part} of {_said(node, flags)} is ({shown})")
    if batch not in (None, 1):
        raise fault(node, f"input {node.input[0]!r}", entry, f"{batch} sequences; give input_shape with a batch of 1")


def _fit(found: Size, wanted: Size) -> bool:
    pairs = zip(found, wanted, strict=True) if len(found) == len(wanted) else [(0, 1)]
    return all(None in (ours, theirs) or ours == theirs for ours, theirs in pairs)


def _said(node: "NodeProto", flags: dict[str, object]) -> str:
    parts = [f"{name} {flags[name]}" for name in ("direction", "hidden_size", "layout") if name in flags]
    return " with ".join(["this " + node.op_type, *([", ".join(parts)] if parts else [])])
