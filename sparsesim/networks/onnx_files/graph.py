"""Look-ups in an ONNX graph: the constants behind a tensor, its size, the nodes that read it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.networks.onnx_files.operators import node_name
from sparsesim.networks.onnx_files.quantized import Quantization
from sparsesim.networks.onnx_files.sparse_tensors import dense_values

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

Array = NDArray[Any]
Size = list[int | None]
_LONGEST_CHAIN: Final = 100
"""Nodes between a stored constant and who reads it."""
_BYTES_OF_A_STEP: Final = 24
"""For each value of a constant that a node changes: as float64, scaled, and in the type that it ends in."""


class Graph:
    """One graph whose nodes are in order, not changed here.

    `constant` follows initializers (sparse ones too), Constant nodes and chains of Identity, Cast,
    Transpose, Reshape, QuantizeLinear and DequantizeLinear behind them, so that a weight is found wherever an
    exporter has put it.

    Sizes are those that `sized` notes, the same graph after shape inference, or else the graph itself.
    """

    def __init__(self, graph: "GraphProto", sized: "GraphProto | None" = None) -> None:
        self.graph = graph
        self._sized = graph if sized is None else sized
        self.producers: dict[str, NodeProto] = {out: node for node in graph.node for out in node.output}
        self._constants: dict[str, Array] = {}
        self._dequantized: dict[tuple[str, ...], Array] = {}

    def constant(self, tensor: str, depth: int = 0) -> Array | None:
        """The value of a tensor that does not depend on the input, read-only; None for any other.

        Raises InputError for one that needs more memory than is allowed, or lies behind too many nodes.
        """
        if tensor not in self._constant_names:
            return None
        if tensor not in self._constants:
            if depth > _LONGEST_CHAIN:
                raise InputError(f"constant {tensor!r}: it is read through more than {_LONGEST_CHAIN} nodes")
            value = self._find_constant(tensor, depth)
            value.flags.writeable = False
            self._constants[tensor] = value
        return self._constants[tensor]

    def is_constant(self, tensor: str) -> bool:
        """Whether the value of a tensor is known without the input."""
        return tensor in self._constant_names

    def size(self, tensor: str) -> Size:
        """The size of a tensor, None where a dimension is unknown; [] where nothing is known, and of single values."""
        if tensor in self.initializers:
            return list(self.initializers[tensor].dims)
        inferred = self._sizes.get(tensor, [])
        if inferred and None not in inferred:
            return inferred
        constant = self.constant(tensor)
        return inferred if constant is None else list(constant.shape)

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
    def _sizes(self) -> dict[str, Size]:
        described = [*self._sized.input, *self._sized.value_info, *self._sized.output]
        return {value.name: _dimensions(value) for value in described}

    @cached_property
    def _constant_names(self) -> set[str]:
        names = set(self.initializers)
        for node in self.graph.node:
            if node.op_type == "Constant":
                held = any(attribute.name in _HELD for attribute in node.attribute)
            else:
                held = node.op_type in _FOLLOWED and all(name in names for name in node.input if name)
            if held:
                names.update(node.output[:1])
        return names

    @cached_property
    def readers(self) -> dict[str, list["NodeProto"]]:
        """The nodes that read a tensor, by its name."""
        readers = defaultdict(list)
        for node in self.graph.node:
            for name in node.input:
                readers[name].append(node)
        return readers

    def _find_constant(self, tensor: str, depth: int) -> Array:
        from onnx import numpy_helper

        if tensor in self.initializers:
            stored = self.initializers[tensor]
            value: Array = dense_values(stored) if hasattr(stored, "indices") else numpy_helper.to_array(stored)
            return value
        node = self.producers[tensor]
        if node.op_type == "Constant":
            return _stored_in_node(node)
        inputs = [self.constant(name, depth + 1) for name in node.input if name]
        if node.op_type != "DequantizeLinear":
            return self._made_by(node, inputs)
        # Exporters repeat the node for every reader of a weight; the weight stays one array.
        same = (*node.input, str(sorted((key, str(value)) for key, value in attributes(node).items())))
        if same not in self._dequantized:
            self._dequantized[same] = self._made_by(node, inputs)
        return self._dequantized[same]

    def _made_by(self, node: "NodeProto", inputs: list[Any]) -> Array:
        place = f"{node.op_type} {node_name(node)!r}"
        if node.op_type in _CHANGE_VALUES:
            check_memory(f"{place} of {inputs[0].shape}", inputs[0].size * _BYTES_OF_A_STEP)
        try:
            return _FOLLOWED[node.op_type](node, inputs)
        except (TypeError, ValueError, LookupError, ArithmeticError) as error:  # of the values, which none has checked
            sizes = ", ".join(str(value.shape) for value in inputs)
            raise InputError(f"{place}: inputs of {sizes}: {' '.join(str(error).split())}") from error


def attributes(node: "NodeProto") -> dict[str, Any]:
    """The attributes of a node as Python values, strings decoded."""
    from onnx import helper

    values = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return {
        name: value.decode(errors="replace") if isinstance(value, bytes) else value for name, value in values.items()
    }


def _dimensions(value: Any) -> Size:
    dims = value.type.tensor_type.shape.dim
    return [dim.dim_value if dim.dim_value > 0 else None for dim in dims]


def _stored_in_node(node: "NodeProto") -> Array:
    """The value of a Constant node that `_HELD` names: a tensor, dense or sparse, or numbers in an attribute."""
    from onnx import numpy_helper

    flags = attributes(node)
    name = next(name for name in _HELD if name in flags)
    if name == "sparse_value":
        return dense_values(flags[name])
    kind = _HELD[name]
    value: Array = numpy_helper.to_array(flags[name]) if kind is None else np.array(flags[name], kind)
    return value


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


_HELD: Final = {
    **{"value": None, "sparse_value": None, "value_float": np.float32, "value_floats": np.float32},
    **{"value_int": np.int64, "value_ints": np.int64},
}
_CHANGE_VALUES: Final = ("Cast", "QuantizeLinear", "DequantizeLinear")
_FOLLOWED: dict[str, Callable[["NodeProto", list[Any]], Array]] = {
    "Identity": lambda _, inputs: inputs[0].view(),
    "Cast": _cast,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "QuantizeLinear": lambda node, inputs: quantization_of(node, inputs).rounded(inputs[0]),
    "DequantizeLinear": lambda node, inputs: quantization_of(node, inputs).dequantized(inputs[0]),
}
