"""Shape inference node by node: where ONNX does not know an operator, it tells of no contradiction in the graph."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

_PLAIN_DOMAINS = ("", "ai.onnx")
_OF_SIZES = "[ShapeInferenceError]"


def first_contradiction(model: "ModelProto", sized: "GraphProto") -> tuple[int, Exception] | None:
    """The position of the first node of ONNX's own whose operands contradict each other, and what ONNX says of it.

    `sized` is the graph of the model after shape inference. Looked at are the nodes that got no size in spite of all
    their operands having one; None where a model has only operators of ONNX, and where nothing is found.
    """
    from onnx import defs, shape_inference

    if all(node.domain in _PLAIN_DOMAINS for node in model.graph.node):
        return None
    types = _types(sized)
    version = next((opset.version for opset in model.opset_import if opset.domain in _PLAIN_DOMAINS), 1)
    for index, node in enumerate(model.graph.node):
        operands = {name: types.get(name) for name in node.input if name}
        silent = bool(node.output) and node.output[0] not in types
        has_inner = any(attribute.HasField("g") for attribute in node.attribute)
        if node.domain in _PLAIN_DOMAINS and silent and not has_inner and None not in operands.values():
            try:
                schema = defs.get_schema(node.op_type, version, "")
                shape_inference.infer_node_outputs(
                    schema, node, operands, opset_imports=list(model.opset_import), ir_version=model.ir_version
                )
            except Exception as error:  # the C++ side raises several kinds
                if _OF_SIZES in str(error):
                    return index, error
    return None


def _types(sized: "GraphProto") -> dict[str, Any]:
    """Types with a size by the names of tensors."""
    from onnx import helper

    described = {value.name: value.type for value in (*sized.input, *sized.value_info, *sized.output)}
    found = {name: type_ for name, type_ in described.items() if type_.tensor_type.HasField("shape")}
    stored = {tensor.name: helper.make_tensor_type_proto(tensor.data_type, tensor.dims) for tensor in sized.initializer}
    return found | stored
