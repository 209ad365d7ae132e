"""The sizes of a graph's inputs: those that the user gives, and one sample where the batch is left open."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparsesim.errors import InputError
from sparsesim.limits import checked_size

if TYPE_CHECKING:
    from onnx import ModelProto

Shape = tuple[int, ...]
InputShape = Shape | Mapping[str, Shape]
_RECURRENT = {"LSTM", "GRU", "RNN"}


def with_input_sizes(model: "ModelProto", input_shape: InputShape | None) -> None:
    """Write the user's input sizes into a model, and 1 where a batch dimension is left open.

    Raises InputError for a size of another rank or an unknown input, and for a fixed batch of several
    samples: every count is per sample.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = {value.name: value for value in model.graph.input if value.name not in constants}
    given = _by_input(input_shape, list(inputs))
    recurrent = any(node.op_type in _RECURRENT for node in model.graph.node)
    for name, value in inputs.items():
        described = value.type.tensor_type
        if name in given:
            _set_size(name, described, given[name])
        else:
            _open_batch_is_one(name, described.shape.dim, recurrent)


def _by_input(input_shape: InputShape | None, names: list[str]) -> Mapping[str, Shape]:
    if input_shape is None:
        return {}
    if not isinstance(input_shape, Mapping):
        if len(names) != 1:
            raise InputError(f"input_shape must name one of the inputs {', '.join(names)}: {{name: shape}}")
        return {names[0]: input_shape}
    for name in input_shape:
        if name not in names:
            raise InputError(f"input_shape names {name!r}; the inputs are {', '.join(names)}")
    return input_shape


def _set_size(name: str, described: Any, shape: Sequence[int]) -> None:
    """Sizes of an input; one that does not say its rank takes any."""
    check_sample_shape(shape)
    dims = described.shape.dim
    if not described.HasField("shape"):
        for _ in shape:
            dims.add()
    if len(shape) != len(dims):
        raise InputError(f"input_shape {tuple(shape)} has {len(shape)} dimensions, input {name!r} has {len(dims)}")
    for dim, size in zip(dims, shape, strict=True):
        dim.dim_value = size


def check_sample_shape(shape: Sequence[int]) -> None:
    """Raise InputError for sizes of an input that are no whole numbers from 1 up, or too many values to count."""
    if not isinstance(shape, Sequence) or isinstance(shape, str):
        raise InputError(f"input_shape: {shape!r}: a tuple of sizes is needed")
    for size in shape:
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise InputError(f"input_shape: {size!r}: whole numbers from 1 up are needed")
    checked_size("input_shape", *shape)


def _open_batch_is_one(name: str, dims: Any, recurrent: bool) -> None:
    """The first dimension is the batch, except in recurrent networks, which often put time first."""
    for axis, dim in enumerate(dims):
        is_open = dim.dim_value <= 0
        if is_open and ("batch" in dim.dim_param.lower() or (axis == 0 and not recurrent)):
            dim.dim_value = 1
    checked_size(f"input {name!r}", *(dim.dim_value for dim in dims if dim.dim_value > 0))
    if not recurrent and len(dims) > 1 and dims[0].dim_value > 1:
        fixed = [dim.dim_value for dim in dims]
        raise InputError(
            f"input {name!r} has a fixed size {fixed}, a batch of {fixed[0]}: give input_shape with 1 in front "
            f"(or input_shape={tuple(fixed)} if this is one sample)"
        )
