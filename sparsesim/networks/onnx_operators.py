"""The ONNX operators that are read as layers: which of their inputs are activation, weight and bias."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

_FUSED_BY_ONNXRUNTIME = {"FusedConv": "Conv", "FusedGemm": "Gemm", "FusedMatMul": "MatMul"}
_OF_MICROSOFT = {*_FUSED_BY_ONNXRUNTIME, "QGemm", "MatMulIntegerToFloat"}
_OF_FUSION = {"activation", "activation_params", "activation_alpha", "activation_beta", "activation_gamma"}
_TRANSPOSITIONS = ("transA", "transB", "transBatchA", "transBatchB")


class Operator(NamedTuple):
    """How to read an operator: `like` names its reader; the rest are positions of inputs.

    `scale` and `zero_point` belong to the weight (of products, to the second operand).
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

_NOT_COUNTED = {
    *("DeformConv", "Einsum", "RNN", "If", "Loop", "Scan", "MatMulNBits", "MatMulBnb4", "MatMulFpQ4"),
    *("Attention", "MultiHeadAttention", "GroupQueryAttention", "QAttention", "NhwcConv", "MoE", "QMoE"),
    *("DynamicQuantizeMatMul", "DynamicQuantizeLSTM", "GemmFloat8", "FusedMatMulActivation"),
}


def operator(node: "NodeProto") -> Operator | None:
    """How to read a node; None for one that is no layer."""
    domains = ("com.microsoft",) if node.op_type in _OF_MICROSOFT else ("", "ai.onnx")
    return OPERATORS.get(node.op_type) if node.domain in domains else None


def is_not_counted(node: "NodeProto") -> bool:
    """Whether a node multiplies and yet is read as no layer."""
    return node.op_type in _NOT_COUNTED or (node.op_type in OPERATORS and operator(node) is None)


def with_plain_operators(model: "ModelProto") -> None:
    """Rename operators that onnxruntime has fused with activations, so that shape inference knows them."""
    for node in model.graph.node:
        plain = _FUSED_BY_ONNXRUNTIME.get(node.op_type)
        if plain is None or node.domain != "com.microsoft" or _transposes(node, plain):
            continue
        node.op_type, node.domain = plain, ""
        kept = [flag for flag in node.attribute if flag.name not in _OF_FUSION and plain != "MatMul"]
        del node.attribute[:]
        node.attribute.extend(kept)
        del node.input[3:]


def _transposes(node: "NodeProto", plain: str) -> bool:
    return plain == "MatMul" and any(flag.name in _TRANSPOSITIONS and flag.i for flag in node.attribute)
