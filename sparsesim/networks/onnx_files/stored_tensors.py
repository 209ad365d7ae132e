"""The tensors that an ONNX file stores, wherever they lie, and whether they hold the values that they promise."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sparsesim.errors import InputError
from sparsesim.limits import checked_size

if TYPE_CHECKING:
    from onnx import FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto

_PACKED_BITS: Final = {"UINT4": 4, "INT4": 4, "FLOAT4E2M1": 4, "UINT2": 2, "INT2": 2}
_PARTS: Final = {"COMPLEX64": 2, "COMPLEX128": 2}
_FIELDS: Final = {
    **dict.fromkeys(("FLOAT", "COMPLEX64"), "float_data"),
    **dict.fromkeys(("DOUBLE", "COMPLEX128"), "double_data"),
    **dict.fromkeys(("UINT32", "UINT64"), "uint64_data"),
    "INT64": "int64_data",
    "STRING": "string_data",
}
"""The field that holds values where `raw_data` does not; `int32_data` for all others."""


class StoredTensor(NamedTuple):
    """A tensor and a name to find it by."""

    place: str
    tensor: "TensorProto"


def nodes_of(graph: "GraphProto | FunctionProto") -> "Iterator[NodeProto]":
    """All nodes of a graph or function, those of the graphs inside of its nodes too."""
    for node in graph.node:
        yield node
        for inner in _inner_graphs(node):
            yield from nodes_of(inner)


def stored_tensors(model: "ModelProto") -> Iterator[StoredTensor]:
    """Every tensor of a file: initializers, both parts of sparse ones, and those in nodes of graphs and functions."""
    yield from _of_graph(model.graph)
    for function in model.functions:
        yield from _of_nodes(function)


def check_stored_tensors(model: "ModelProto") -> None:
    """Raise InputError for a tensor that holds another number of values than its dims say, or of no known type."""
    for place, tensor in stored_tensors(model):
        count, kind = _count(place, tensor), _kind(place, tensor)
        if tensor.HasField("raw_data"):
            needed, found, unit = _raw_bytes(place, kind, count), len(tensor.raw_data), "bytes"
        else:
            field = _FIELDS.get(kind, "int32_data")
            per_entry = 8 // _PACKED_BITS[kind] if kind in _PACKED_BITS else 1
            needed, found, unit = -(-count * _PARTS.get(kind, 1) // per_entry), len(getattr(tensor, field)), "values"
        if needed != found:
            raise InputError(f"{place}: dims: {list(tensor.dims)}: they need {needed} {unit}, the file holds {found}")


def stored_bytes(place: str, tensor: "TensorProto") -> int:
    """Bytes that the values of a tensor take as raw data, from its dims and type; InputError for impossible ones."""
    return _raw_bytes(place, _kind(place, tensor), _count(place, tensor))


def _of_graph(graph: "GraphProto") -> Iterator[StoredTensor]:
    for tensor in graph.initializer:
        yield StoredTensor(f"initializer {tensor.name!r}", tensor)
    for sparse in graph.sparse_initializer:
        yield from _parts(f"sparse initializer {sparse.values.name!r}", sparse)
    yield from _of_nodes(graph)


def _of_nodes(graph: "GraphProto | FunctionProto") -> Iterator[StoredTensor]:
    for node in graph.node:
        for attribute in node.attribute:
            place = f"{node.op_type} {(node.name or next(iter(node.output), ''))!r}: {attribute.name}"
            if attribute.HasField("t"):
                yield StoredTensor(place, attribute.t)
            for tensor in attribute.tensors:
                yield StoredTensor(place, tensor)
            if attribute.HasField("sparse_tensor"):
                yield from _parts(place, attribute.sparse_tensor)
            for sparse in attribute.sparse_tensors:
                yield from _parts(place, sparse)
        for inner in _inner_graphs(node):
            yield from _of_graph(inner)


def _inner_graphs(node: "NodeProto") -> "Iterator[GraphProto]":
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _parts(place: str, sparse: Any) -> Iterator[StoredTensor]:
    yield StoredTensor(f"{place}: values", sparse.values)
    yield StoredTensor(f"{place}: indices", sparse.indices)


def _count(place: str, tensor: "TensorProto") -> int:
    if any(dim < 0 for dim in tensor.dims):
        raise InputError(f"{place}: dims: {list(tensor.dims)}: sizes from 0 up are needed")
    return checked_size(f"{place}: dims", *tensor.dims)


def _kind(place: str, tensor: "TensorProto") -> str:
    kind = _kinds().get(tensor.data_type)
    if kind is None:
        raise InputError(f"{place}: data_type: {tensor.data_type}: not a type of ONNX that is known here")
    return kind


@cache
def _kinds() -> dict[int, str]:
    """The names of types by their numbers, as many as the installed onnx knows."""
    from onnx import TensorProto

    types = TensorProto.DataType
    return {number: name for name, number in types.items() if number != types.Value("UNDEFINED")}


def _raw_bytes(place: str, kind: str, count: int) -> int:
    if kind == "STRING":
        raise InputError(f"{place}: data_type: STRING: text cannot be raw or external data")
    return -(-count * (_PACKED_BITS.get(kind) or 8 * _item_bytes(kind)) // 8)


@cache
def _item_bytes(kind: str) -> int:
    from onnx import TensorProto, helper

    return int(helper.tensor_dtype_to_np_dtype(TensorProto.DataType.Value(kind)).itemsize)
