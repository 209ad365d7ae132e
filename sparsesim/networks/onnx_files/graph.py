"""Look-ups in an ONNX graph: the constants behind a tensor, its size, the nodes that read it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.onnx_files.quantized import Quantization

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, SparseTensorProto

Array = NDArray[Any]
Shape = tuple[int, ...]
InputShape = Shape | Mapping[str, Shape]
_LONGEST_CHAIN = 16
_RECURRENT = {"LSTM", "GRU", "RNN"}


class Graph:
    """One graph, not changed here.

    `constant` follows initializers (sparse ones too), Constant nodes and short chains of Identity, Cast,
    Transpose, Reshape, QuantizeLinear and DequantizeLinear behind them, so that a weight is found wherever an
    exporter has put it.
    """

    def __init__(self, graph: "GraphProto") -> None:
        self.graph = graph
        self.producers: dict[str, NodeProto] = {out: node for node in graph.node for out in node.output}
        self._constants: dict[str, Array | None] = {}
        self._dequantized: dict[tuple[str, ...], Array] = {}

    def constant(self, tensor: str, depth: int = 0) -> Array | None:
        """The value of a tensor that does not depend on the input, read-only; None for any other."""
        if tensor not in self._constants:
            value = self._find_constant(tensor, depth)
            if value is not None:
                value.flags.writeable = False
            self._constants[tensor] = value
        return self._constants[tensor]

    def size(self, tensor: str) -> list[int | None]:
        """The inferred size of a tensor, None where a dimension is unknown; [] where nothing is known."""
        constant = self.constant(tensor)
        return list(constant.shape) if constant is not None else self._sizes.get(tensor, [])

    def known_size(self, tensor: str, axes: slice, wanted_by: str) -> list[int]:
        """Those dimensions of a tensor; InputError where one of them stayed unknown."""
        size = self.size(tensor)
        chosen = [dim for dim in size[axes] if dim is not None]
        if not size or len(chosen) != len(size[axes]):
            shown = f"({', '.join('?' if dim is None else str(dim) for dim in size)})" if size else "unknown"
            raise InputError(f"{wanted_by}: the size of its input {tensor!r} is {shown}; give input_shape")
        return chosen

    def following_bias(self, tensor: str, outputs: int) -> str | None:
        """The constant of one value per output that the only reader of this tensor adds to it, if there is one."""
        readers = self.readers[tensor]
        if len(readers) != 1 or readers[0].op_type != "Add":
            return None
        added = [name for name in readers[0].input if name != tensor]
        bias = self.constant(added[0]) if len(added) == 1 else None
        return added[0] if bias is not None and bias.size == outputs else None

    def root(self, tensor: str) -> str:
        """The stored constant that a tensor is made from by the nodes that `constant` follows."""
        for _ in range(_LONGEST_CHAIN):
            node = self.producers.get(tensor)
            if tensor in self.initializers or node is None or node.op_type not in _FOLLOWED:
                break
            tensor = node.input[0]
        return tensor

    @cached_property
    def initializers(self) -> dict[str, Any]:
        """The stored tensors by name, sparse ones too."""
        sparse = {tensor.values.name: tensor for tensor in self.graph.sparse_initializer}
        return {tensor.name: tensor for tensor in self.graph.initializer} | sparse

    @cached_property
    def _sizes(self) -> dict[str, list[int | None]]:
        described = [*self.graph.input, *self.graph.value_info, *self.graph.output]
        return {value.name: _dimensions(value) for value in described}

    @cached_property
    def readers(self) -> dict[str, list["NodeProto"]]:
        """The nodes that read a tensor, by its name."""
        readers = defaultdict(list)
        for node in self.graph.node:
            for name in node.input:
                readers[name].append(node)
        return readers

    def _find_constant(self, tensor: str, depth: int) -> Array | None:
        from onnx import numpy_helper

        if tensor in self.initializers:
            stored = self.initializers[tensor]
            return _densified(stored) if hasattr(stored, "indices") else numpy_helper.to_array(stored)
        node = self.producers.get(tensor)
        if node is None or depth > _LONGEST_CHAIN:
            return None
        if node.op_type == "Constant":
            return _stored_in_node(node)
        follow = _FOLLOWED.get(node.op_type)
        inputs = [self.constant(name, depth + 1) for name in node.input if name] if follow else []
        if follow is None or any(value is None for value in inputs):
            return None
        if node.op_type != "DequantizeLinear":
            return follow(node, inputs)
        # Exporters repeat the node for every reader of a weight; the weight stays one array.
        same = (*node.input, str(sorted((key, str(value)) for key, value in attributes(node).items())))
        if same not in self._dequantized:
            self._dequantized[same] = follow(node, inputs)
        return self._dequantized[same]


def attributes(node: "NodeProto") -> dict[str, Any]:
    """The attributes of a node as Python values, strings decoded."""
    from onnx import helper

    values = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}


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
        dims = value.type.tensor_type.shape.dim
        if name in given:
            _set_size(name, dims, given[name])
        else:
            _open_batch_is_one(name, dims, recurrent)


def _by_input(input_shape: InputShape | None, names: list[str]) -> Mapping[str, Shape]:
    if input_shape is None:
        return {}
    if not isinstance(input_shape, Mapping):
        if len(names) != 1:
            raise InputError(f"input_shape must name one of the inputs {', '.join(names)}: {{name: shape}}")
        return {names[0]: tuple(input_shape)}
    for name in input_shape:
        if name not in names:
            raise InputError(f"input_shape names {name!r}; the inputs are {', '.join(names)}")
    return input_shape


def _set_size(name: str, dims: Any, shape: Sequence[int]) -> None:
    if len(shape) != len(dims):
        raise InputError(f"input_shape {tuple(shape)} has {len(shape)} dimensions, input {name!r} has {len(dims)}")
    for dim, size in zip(dims, shape, strict=True):
        dim.dim_value = size


def _open_batch_is_one(name: str, dims: Any, recurrent: bool) -> None:
    """The first dimension is the batch, except in recurrent networks, which often put time first."""
    for axis, dim in enumerate(dims):
        is_open = dim.dim_value <= 0
        if is_open and ("batch" in dim.dim_param.lower() or (axis == 0 and not recurrent)):
            dim.dim_value = 1
    if not recurrent and len(dims) > 1 and dims[0].dim_value > 1:
        fixed = [dim.dim_value for dim in dims]
        raise InputError(
            f"input {name!r} has a fixed size {fixed}, a batch of {fixed[0]}: give input_shape with 1 in front "
            f"(or input_shape={tuple(fixed)} if this is one sample)"
        )


def _dimensions(value: Any) -> list[int | None]:
    dims = value.type.tensor_type.shape.dim
    return [dim.dim_value if dim.dim_value > 0 else None for dim in dims]


def _densified(stored: "SparseTensorProto") -> Array:
    from onnx import numpy_helper

    values, indices = numpy_helper.to_array(stored.values), numpy_helper.to_array(stored.indices)
    dense = np.zeros(tuple(stored.dims), dtype=values.dtype)
    if indices.ndim == 1:
        dense.reshape(-1)[indices] = values
    else:
        dense[tuple(indices.T)] = values
    return dense


def _stored_in_node(node: "NodeProto") -> Array | None:
    """The value of a Constant node: a tensor, or numbers in an attribute; None for text and sparse tensors."""
    from onnx import numpy_helper

    flags = attributes(node)
    if "value" in flags:
        value: Array = numpy_helper.to_array(flags["value"])
        return value
    kinds = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
    return next((np.array(flags[name], kind) for name, kind in kinds.items() if name in flags), None)


def quantization_of(node: "NodeProto", inputs: Sequence[Array]) -> Quantization:
    """The scale and zero point of a QuantizeLinear or DequantizeLinear node with these inputs."""
    flags = attributes(node)
    zero_point = inputs[2] if len(inputs) > 2 else None
    return Quantization(inputs[1], zero_point, flags.get("axis", 1), flags.get("block_size", 0))


def _cast(node: "NodeProto", inputs: list[Any]) -> Array:
    from onnx import helper

    data: Array = inputs[0]
    return data.astype(helper.tensor_dtype_to_np_dtype(attributes(node)["to"]))


def _reshape(node: "NodeProto", inputs: list[Any]) -> Array:
    data: Array = inputs[0]
    shape: Array = inputs[1]
    copied = not attributes(node).get("allowzero", 0)
    return data.reshape([data.shape[i] if size == 0 and copied else size for i, size in enumerate(shape)])


def _transpose(node: "NodeProto", inputs: list[Any]) -> Array:
    data: Array = inputs[0]
    return data.transpose(attributes(node).get("perm"))


_FOLLOWED: dict[str, Callable[["NodeProto", list[Any]], Array]] = {
    "Identity": lambda _, inputs: inputs[0].view(),
    "Cast": _cast,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "QuantizeLinear": lambda node, inputs: quantization_of(node, inputs).rounded(inputs[0]),
    "DequantizeLinear": lambda node, inputs: quantization_of(node, inputs).dequantized(inputs[0]),
}
