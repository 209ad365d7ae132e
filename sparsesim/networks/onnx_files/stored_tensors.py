"""The tensors that an ONNX file stores, wherever they lie, and whether they hold the values that they promise."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sparsesim.errors import InputError
from sparsesim.limits import checked_size
from sparsesim.networks.onnx_files.operators import node_name
from sparsesim.networks.onnx_files.sparse_tensors import flat_places

if TYPE_CHECKING:
    from onnx import FunctionProto, GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto

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


class StoredSparse(NamedTuple):
    """A sparse tensor and a name to find it by."""

    place: str
    tensor: "SparseTensorProto"


def nodes_of(graph: "GraphProto | FunctionProto") -> "Iterator[NodeProto]":
    """All nodes of a graph or function, those of the graphs inside of its nodes too."""
    for node in graph.node:
        yield node
        yield from nodes_inside(node)


def nodes_inside(node: "NodeProto") -> "Iterator[NodeProto]":
    """All nodes of the graphs inside of a node."""
    for inner in _inner_graphs(node):
        yield from nodes_of(inner)


def stored_tensors(model: "ModelProto") -> Iterator[StoredTensor]:
    """Every tensor of a file: initializers, both parts of sparse ones, and those in nodes of graphs and functions."""
    for stored in _stored(model):
        if isinstance(stored, StoredTensor):
            yield stored
        else:
            yield StoredTensor(f"{stored.place}: values", stored.tensor.values)
            yield StoredTensor(f"{stored.place}: indices", stored.tensor.indices)


def check_stored_tensors(model: "ModelProto") -> None:
    """Raise InputError for a tensor that holds another number of values than its dims say, or of no known type.

    Sparse tensors hold one value for each of their places, and places that they have.
    """
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
    for stored in _stored(model):
        if isinstance(stored, StoredSparse):
            flat_places(stored.place, stored.tensor)


def stored_bytes(place: str, tensor: "TensorProto") -> int:
    """Bytes that the values of a tensor take as raw data, from its dims and type; InputError for impossible ones."""
    return _raw_bytes(place, _kind(place, tensor), _count(place, tensor))


def _stored(model: "ModelProto") -> Iterator[StoredTensor | StoredSparse]:
    yield from _of_graph(model.graph)
    for function in model.functions:
        yield from _of_nodes(function)


def _of_graph(graph: "GraphProto") -> Iterator[StoredTensor | StoredSparse]:
    for tensor in graph.initializer:
        yield StoredTensor(f"initializer {tensor.name!r}", tensor)
    for sparse in graph.sparse_initializer:
        yield StoredSparse(f"sparse initializer {sparse.values.name!r}", sparse)
    yield from _of_nodes(graph)


def _of_nodes(graph: "GraphProto | FunctionProto") -> Iterator[StoredTensor | StoredSparse]:
    for node in graph.node:
        for attribute in node.attribute:
            place = f"{node.op_type} {node_name(node)!r}: {attribute.name}"
            if attribute.HasField("t"):
                yield StoredTensor(place, attribute.t)
            if attribute.HasField("sparse_tensor"):
                yield StoredSparse(place, attribute.sparse_tensor)
            yield from (StoredTensor(place, tensor) for tensor in attribute.tensors)
            yield from (StoredSparse(place, sparse) for sparse in attribute.sparse_tensors)
        for inner in _inner_graphs(node):
            yield from _of_graph(inner)


def _inner_graphs(node: "NodeProto") -> "Iterator[GraphProto]":
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


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
