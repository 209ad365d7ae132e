"""Whether the operands of a layer fit each other and its attributes: sizes that contradict are refused."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sparsesim.networks.onnx_files.fields import fault
from sparsesim.networks.onnx_files.graph import Graph, Size, attributes
from sparsesim.networks.onnx_files.operators import Operator, checked_as
from sparsesim.networks.onnx_files.recurrent_operands import check_recurrent
from sparsesim.networks.onnx_files.scales import check_operand_scales, check_scale
from sparsesim.networks.onnx_files.window import check_window

if TYPE_CHECKING:
    from onnx import NodeProto

_OF_MATRICES = ("Gemm", "FusedGemm", "QGemm")
"""Both operands are matrices; the bias is a matrix too, or spreads over one."""


def check_operands(graph: Graph, node: "NodeProto") -> None:
    """Raise InputError, with node, field and value, where the sizes of a layer's operands contradict each other.

    Sizes that are unknown contradict nothing.
    """
    kind = checked_as(node)
    if kind is not None:
        _CHECKS[kind.like](graph, node, kind)
        check_operand_scales(graph, node, kind)
    elif node.op_type in ("QuantizeLinear", "DequantizeLinear"):
        check_scale(graph, node)


def _check_product(graph: Graph, node: "NodeProto", kind: Operator) -> None:
    names = [node.input[position] for position in kind.operands]
    sizes = [graph.size(name) for name in names]
    if not all(sizes):
        return
    if node.op_type in _OF_MATRICES:
        for name, size in zip(names, sizes, strict=True):
            if len(size) != 2:
                raise fault(node, f"input {name!r}", size, "a matrix is needed")
    flags = attributes(node)
    (*batch_a, m, inner_a), (*batch_b, inner_b, n) = _left(sizes[0], flags), _right(sizes[1], flags)
    if None not in (inner_a, inner_b) and inner_a != inner_b:
        words = f"{inner_b} values to sum over are needed: input {names[1]!r} is {tuple(sizes[1])}"
        raise fault(node, f"input {names[0]!r}", sizes[0], words)
    if not _spread([*batch_a, 1], [*batch_b, 1]):
        raise fault(node, f"input {names[0]!r}", sizes[0], f"its batch is not that of {names[1]!r}, {tuple(sizes[1])}")
    if kind.bias is not None and len(node.input) > kind.bias and node.input[kind.bias]:
        bias = node.input[kind.bias]
        size = graph.size(bias)
        if len(size) > 2 or any(
            None not in (found, wanted) and found not in (1, wanted)
            for found, wanted in zip(reversed(size), (n, m), strict=False)
        ):
            raise fault(node, f"input {bias!r}", size, f"a bias that spreads over ({m}, {n}) is needed")


def _left(size: Size, flags: dict[str, object]) -> Size:
    """Batch, rows and the inner dimension; a vector is one row."""
    if len(size) == 1:
        return [1, *size]
    if flags.get("transBatchA", 0):
        size = [*size[1:-1], size[0], size[-1]]
    return [*size[:-2], size[-1], size[-2]] if flags.get("transA", 0) else size


def _right(size: Size, flags: dict[str, object]) -> Size:
    """Batch, the inner dimension and columns; a vector is one column."""
    if len(size) == 1:
        return [*size, 1]
    if flags.get("transBatchB", 0):
        size = [*size[1:-1], size[0], size[-1]]
    return [*size[:-2], size[-1], size[-2]] if flags.get("transB", 0) else size


def _spread(first: Size, second: Size) -> bool:
    pairs = zip(reversed(first), reversed(second), strict=False)
    return all(None in (a, b) or a == b or 1 in (a, b) for a, b in pairs)


_CHECKS: dict[str, Callable[[Graph, "NodeProto", Operator], None]] = {
    "conv": check_window,
    "conv_transpose": check_window,
    "product": _check_product,
    "recurrent": check_recurrent,
}
