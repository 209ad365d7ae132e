"""Operators that keep positions apart: elementwise ones, normalisation by channel, and pooling over space."""

from typing import TYPE_CHECKING

from sparsesim.networks.onnx_files.graph import attributes
from sparsesim.transforms.shrink.positions import Labels
from sparsesim.transforms.shrink.products import broadcast
from sparsesim.transforms.shrink.walk import Walk

if TYPE_CHECKING:
    from onnx import NodeProto


def unary(walk: Walk, node: "NodeProto") -> bool:
    """One result per position of the first input; other inputs are scalars."""
    entry = walk.of(node.input[0])
    if entry is None:
        return False
    for tensor in filter(None, node.output):
        walk.labels[tensor] = entry
    return True


def broadcasting(walk: Walk, node: "NodeProto") -> bool:
    """Add, Mul and the like: positions that meet fall together."""
    operands = [walk.of(name) for name in node.input]
    known = [labels for labels in operands if labels is not None]
    if len(known) != len(operands) or "broadcast" in attributes(node):  # the aligned broadcast of opset 6
        return False
    walk.labels[node.output[0]] = broadcast(walk, known)
    return True


def by_channel(walk: Walk, node: "NodeProto") -> bool:
    """BatchNormalization and InstanceNormalization: one constant of each kind per channel."""
    entry = walk.of(node.input[0])
    if entry is None or len(entry) < 2 or any(len(ids) > 1 and walk.units.any_free(ids) for ids in entry[2:]):
        return False
    for name in filter(None, node.input[1:]):
        for ids in walk.of(name) or ():
            walk.units.join(ids, entry[1])
    walk.labels[node.output[0]] = entry
    for statistic in filter(None, node.output[1:]):
        walk.freeze_node(node)
        walk.labels[statistic] = walk.frozen(statistic)
    return True


def over_space(walk: Walk, node: "NodeProto") -> bool:
    """Pooling and resizing: samples and channels pass, the axes behind them are mixed."""
    entry, result = walk.of(node.input[0]), walk.frozen(node.output[0])
    has_sizes = node.op_type == "Resize" and len(node.input) > 3 and bool(node.input[3])
    if entry is None or result is None or has_sizes or len(node.output) > 1:
        return False
    for ids in entry[2:]:
        walk.units.freeze(ids)
    if len(result[1]) != len(entry[1]):
        return False
    walk.labels[node.output[0]] = (*entry[:2], *result[2:])
    return True


def along_axis(walk: Walk, node: "NodeProto") -> bool:
    """Softmax and the like: every position depends on all others along an axis, which therefore stays."""
    entry = walk.of(node.input[0])
    if entry is None:
        return False
    axis = attributes(node).get("axis", -1 if walk.opset >= 13 or node.op_type == "LayerNormalization" else 1)
    alone = walk.opset >= 13 and node.op_type != "LayerNormalization"
    axis %= len(entry)
    for ids in entry[axis : axis + 1] if alone else entry[axis:]:
        walk.units.freeze(ids)
    for name in filter(None, node.input[1:]):
        walk.freeze(name)
    walk.labels[node.output[0]] = entry
    for statistic in filter(None, node.output[1:]):
        walk.labels[statistic] = walk.frozen(statistic)
    return True


def reduction(walk: Walk, node: "NodeProto") -> bool:
    """ReduceMean and the like: the axes that vanish must stay whole."""
    entry = walk.of(node.input[0])
    flags = attributes(node)
    axes = flags.get("axes")
    if axes is None and len(node.input) > 1 and node.input[1]:
        constant = walk.graph.constant(node.input[1])
        axes = None if constant is None else constant.tolist()
    if entry is None or not axes:
        return False
    reduced = {axis % len(entry) for axis in axes}
    for axis in reduced:
        walk.units.freeze(entry[axis])
    keep = bool(flags.get("keepdims", 1))
    walk.labels[node.output[0]] = _reduced(entry, reduced, keep)
    return True


def _reduced(entry: Labels, reduced: set[int], keep: bool) -> Labels:
    pairs = [(axis in reduced, ids) for axis, ids in enumerate(entry)]
    return tuple(ids[:1] if gone else ids for gone, ids in pairs if keep or not gone)


_UNARY = """Relu LeakyRelu Sigmoid Tanh Elu Selu Celu Softplus Softsign HardSigmoid HardSwish Gelu Mish ThresholdedRelu
Erf Exp Log Sqrt Abs Neg Reciprocal Sign Floor Ceil Round Not Sin Cos Identity Dropout Cast Clip IsNaN IsInf"""
_BROADCASTING = "Add Sub Mul Div Pow Max Min Mean Sum PRelu Where Equal Greater Less GreaterOrEqual LessOrEqual And Or"
_OVER_SPACE = """MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool Resize Upsample"""
_REDUCTIONS = "ReduceMean ReduceSum ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceProd ReduceSumSquare ReduceLogSumExp"

ELEMENTWISE = {
    **dict.fromkeys(_UNARY.split(), unary),
    **dict.fromkeys(_BROADCASTING.split(), broadcasting),
    **dict.fromkeys(_OVER_SPACE.split(), over_space),
    **dict.fromkeys(_REDUCTIONS.split(), reduction),
    **dict.fromkeys(("BatchNormalization", "InstanceNormalization"), by_channel),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Hardmax", "LayerNormalization"), along_axis),
}
