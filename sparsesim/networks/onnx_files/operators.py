"""The ONNX operators that are read as layers: which of their inputs are activation, weight and bias."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

_OF_MICROSOFT = {"FusedConv", "FusedGemm", "FusedMatMul", "QGemm", "MatMulIntegerToFloat"}
# Operators of onnxruntime that shape inference does not know: one that it knows, of the same size, its inputs.
_SAME_SIZE: dict[str, tuple[str, slice]] = {
    "FusedConv": ("Conv", slice(0, 3)),
    "FusedGemm": ("Gemm", slice(0, 3)),
    "FusedMatMul": ("MatMul", slice(0, 2)),
    "QGemm": ("Gemm", slice(0, 4, 3)),
    "MatMulIntegerToFloat": ("MatMul", slice(0, 2)),
    "QLinearAdd": ("Add", slice(0, 4, 3)),
    "QLinearMul": ("Mul", slice(0, 4, 3)),
    "QLinearConcat": ("Concat", slice(2, None, 3)),
    "QLinearAveragePool": ("AveragePool", slice(0, 1)),
    "QLinearGlobalAveragePool": ("GlobalAveragePool", slice(0, 1)),
    **dict.fromkeys(("QLinearLeakyRelu", "QLinearSigmoid", "QLinearSoftmax"), ("Identity", slice(0, 1))),
    **dict.fromkeys(("Gelu", "FastGelu", "BiasGelu", "QuickGelu"), ("Identity", slice(0, 1))),
}
_KEPT = {
    "Conv": {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"},
    "Gemm": {"transA", "transB"},
    "AveragePool": {"auto_pad", "ceil_mode", "kernel_shape", "pads", "strides"},
    "Concat": {"axis"},
}
_TRANSPOSITIONS = ("transA", "transB", "transBatchA", "transBatchB")


class Operator(NamedTuple):
    """How to read an operator: what it is read like, and the positions of its inputs.

    Attributes:
        like: the kind of reader: "conv", "conv_transpose", "product" or "recurrent".
        operands: activation and weight; of products, first and second operand.
        bias: the bias, if there is one.
        scales: the scales of both operands, of quantised operators.
        zero_points: the zero points of both operands, of quantised operators.
    """

    like: str
    operands: tuple[int, int] = (0, 1)
    bias: int | None = None
    scales: tuple[int, int] | None = None
    zero_points: tuple[int, int] | None = None


OPERATORS: dict[str, Operator] = {
    "Conv": Operator("conv", bias=2),
    "FusedConv": Operator("conv", bias=2),
    "ConvTranspose": Operator("conv_transpose", bias=2),
    "QLinearConv": Operator("conv", (0, 3), bias=8, scales=(1, 4), zero_points=(2, 5)),
    "ConvInteger": Operator("conv", zero_points=(2, 3)),
    "Gemm": Operator("product", bias=2),
    "FusedGemm": Operator("product", bias=2),
    "MatMul": Operator("product"),
    "FusedMatMul": Operator("product"),
    "QLinearMatMul": Operator("product", (0, 3), scales=(1, 4), zero_points=(2, 5)),
    "MatMulInteger": Operator("product", zero_points=(2, 3)),
    "QGemm": Operator("product", (0, 3), bias=6, scales=(1, 4), zero_points=(2, 5)),
    "MatMulIntegerToFloat": Operator("product", bias=6, scales=(2, 3), zero_points=(4, 5)),
    "LSTM": Operator("recurrent", bias=3),
    "GRU": Operator("recurrent", bias=3),
}

_ONLY_CHECKED = {"RNN": Operator("recurrent", bias=3)}
_NOT_COUNTED = {
    *("DeformConv", "Einsum", "RNN", "If", "Loop", "Scan", "MatMulNBits", "MatMulBnb4", "MatMulFpQ4"),
    *("Attention", "MultiHeadAttention", "GroupQueryAttention", "QAttention", "NhwcConv", "MoE", "QMoE"),
    *("DynamicQuantizeMatMul", "DynamicQuantizeLSTM", "GemmFloat8", "FusedMatMulActivation"),
}


def node_name(node: "NodeProto") -> str:
    """The name of a node, or of its first output where it has none."""
    return str(node.name or next(iter(node.output), ""))


def operator(node: "NodeProto") -> Operator | None:
    """How to read a node; None for one that is not a layer."""
    domains = ("com.microsoft",) if node.op_type in _OF_MICROSOFT else ("", "ai.onnx")
    return OPERATORS.get(node.op_type) if node.domain in domains else None


def checked_as(node: "NodeProto") -> Operator | None:
    """How to check a node: as what it is read like, and those that are not read but told of as well."""
    plain = _ONLY_CHECKED.get(node.op_type) if node.domain in ("", "ai.onnx") else None
    return operator(node) or plain


def is_not_counted(node: "NodeProto") -> bool:
    """Whether a node multiplies but is not read as a layer."""
    return node.op_type in _NOT_COUNTED or (node.op_type in OPERATORS and operator(node) is None)


def with_plain_operators(model: "ModelProto") -> "ModelProto":
    """A copy in which operators of onnxruntime are replaced by others of the same size; the model if it has none.

    The copy is for shape inference only: it does not compute the same.
    """
    if not any(_is_replaced(node) for node in model.graph.node):
        return model
    plain = type(model)()
    plain.CopyFrom(model)
    for node in filter(_is_replaced, plain.graph.node):
        node.op_type, inputs = _SAME_SIZE[node.op_type]
        node.domain = ""
        kept = [flag for flag in node.attribute if flag.name in _KEPT.get(node.op_type, ())]
        del node.attribute[:]
        node.attribute.extend(kept)
        node.input[:] = list(node.input)[inputs]
    return plain


def _is_replaced(node: "NodeProto") -> bool:
    moves_axes = any(flag.name in (*_TRANSPOSITIONS, "channels_last") and flag.i for flag in node.attribute)
    known = node.domain == "com.microsoft" and node.op_type in _SAME_SIZE
    return known and (not moves_axes or _SAME_SIZE[node.op_type][0] == "Gemm")
