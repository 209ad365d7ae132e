"""The outline of an ONNX model: its graph without the values of large constants, for whoever asks for sizes only."""

from typing import TYPE_CHECKING, Any, Final

from sparsesim.errors import InputError

if TYPE_CHECKING:
    from onnx import ModelProto

_INPUTS_ARE_INPUTS: Final = 4
"""The version from which constants need not be listed as inputs."""
_SMALL: Final = 1024
"""Constants of so many values may be sizes that other nodes read, and stay."""


def outline_of(model: "ModelProto") -> "ModelProto":
    """A copy in which large and sparse initializers are inputs of the same type and size.

    Raises InputError for an initializer that is also listed as an input of another size.
    """
    outline = type(model)()
    for name in ("ir_version", "opset_import", "functions"):
        _copy(model, outline, name)
    if outline.ir_version:  # files of older versions must list their constants as inputs, and often do not
        outline.ir_version = max(outline.ir_version, _INPUTS_ARE_INPUTS)
    for name in ("name", "node", "input", "output", "value_info"):
        _copy(model.graph, outline.graph, name)
    inputs = {value.name: value for value in outline.graph.input}
    for tensor in model.graph.initializer:
        _check_declared(inputs.get(tensor.name), tensor.name, tensor)
        if _values(tensor) <= _SMALL:
            outline.graph.initializer.append(tensor)
        elif tensor.name not in inputs:
            _add_input(outline, tensor.name, tensor.data_type, tensor.dims)
    for sparse in model.graph.sparse_initializer:
        _check_declared(inputs.get(sparse.values.name), sparse.values.name, sparse)
        if sparse.values.name not in inputs:
            _add_input(outline, sparse.values.name, sparse.values.data_type, sparse.dims)
    return outline


def _copy(source: Any, target: Any, name: str) -> None:
    value = getattr(source, name)
    if hasattr(value, "append"):
        getattr(target, name).extend(value)
    else:
        setattr(target, name, value)


def _values(tensor: Any) -> int:
    count = 1
    for dim in tensor.dims:
        count *= dim
    return count


def _check_declared(declared: Any, name: str, stored: Any) -> None:
    if declared is None or not declared.type.tensor_type.HasField("shape"):
        return
    said = [dim.dim_value for dim in declared.type.tensor_type.shape.dim]
    is_open = [dim.WhichOneof("value") != "dim_value" for dim in declared.type.tensor_type.shape.dim]
    found = list(stored.dims)
    if len(said) != len(found) or any(a != b and not c for a, b, c in zip(said, found, is_open, strict=True)):
        raise InputError(f"initializer {name!r}: dims: {found}: the input of the same name is {said}")


def _add_input(outline: "ModelProto", name: str, data_type: int, dims: Any) -> None:
    value = outline.graph.input.add()
    value.name = name
    value.type.tensor_type.elem_type = data_type
    for dim in dims:
        value.type.tensor_type.shape.dim.add().dim_value = dim
    value.type.tensor_type.shape.SetInParent()
