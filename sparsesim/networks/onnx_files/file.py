"""Networks from ONNX files."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sparsesim.errors import InputError
from sparsesim.networks.layer import Layer
from sparsesim.networks.network import Network
from sparsesim.networks.onnx_files.graph import Graph, InputShape, attributes, with_input_sizes
from sparsesim.networks.onnx_files.layers import bias_tensor, onnx_layer
from sparsesim.networks.onnx_files.operators import is_not_counted, with_plain_operators
from sparsesim.networks.onnx_files.weights import StoredWeight, stored_weights

if TYPE_CHECKING:
    from onnx import ModelProto

T = TypeVar("T")
_INTEGER_PRODUCTS = ("ConvInteger", "MatMulInteger")


def network_from_onnx(path: Path, *, input_shape: InputShape | None = None) -> Network:
    """The nodes of an ONNX file that multiply, per sample: convolutions, products, LSTM and GRU.

    Weights may be floats of any width, or integers behind DequantizeLinear or in the quantised operators;
    those of ConvInteger and MatMulInteger, whose scale follows later, are read with a scale of 1. Every stored
    value that is neither weight nor bias is counted in `other_params`, by the operator that reads it.

    `input_shape` gives the sizes of the input, batch included, or of several inputs by name; an open batch
    dimension counts as 1. Node types that multiply but are not read are listed in `notes`.
    Raises InputError for a damaged file, a size that stays unknown and weights that are not constants.
    """
    model = _inferred(read_onnx(path), input_shape)
    return _valid(lambda: _network(model, path))


def _network(model: "ModelProto", path: Path) -> Network:
    graph = Graph(model.graph)
    stored = list(stored_weights(graph))
    layers = tuple(onnx_layer(graph, weight) for weight in stored)
    if not layers:
        raise InputError("the graph has no Conv, Gemm, MatMul, LSTM or GRU node")
    return Network(
        name=path.stem,
        layers=layers,
        weights_origin="imported",
        source=str(path),
        input_description=", ".join(_input_lines(model)),
        notes="; ".join(_notes(model)),
        other_params=_other_params(graph, stored, layers),
        path=path,
    )


def read_onnx(path: Path) -> "ModelProto":
    """The model in a file; InputError where onnx is not installed or the file is damaged."""
    try:
        import onnx
    except ImportError as error:
        raise InputError("reading ONNX files needs the onnx package: pip install onnx") from error
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf, onnx and the file system each raise their own kind
        raise InputError(f"not a readable ONNX file: {' '.join(str(error).split())}") from error
    if not model.graph.node or not model.opset_import:
        raise InputError("not a readable ONNX file: it holds no graph")
    return model


def layers_of_model(model: "ModelProto", input_shape: InputShape | None = None) -> tuple[Layer, ...]:
    """The layers of a model in memory, as `network_from_onnx` reads them; sizes are written into the model."""
    graph = Graph(_inferred(model, input_shape).graph)
    return _valid(lambda: tuple(onnx_layer(graph, weight) for weight in stored_weights(graph)))


def _inferred(model: "ModelProto", input_shape: InputShape | None) -> "ModelProto":
    from onnx import shape_inference

    _valid(lambda: with_input_sizes(model, input_shape))
    if input_shape is not None:
        # Sizes that an exporter noted for another input would contradict the given one.
        del model.graph.value_info[:]
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")
    plain = with_plain_operators(model)
    try:
        inferred = shape_inference.infer_shapes(plain, data_prop=True)
    except Exception as error:  # the C++ side raises several kinds
        raise InputError(f"ONNX shape inference failed: {' '.join(str(error).split())}") from error
    if plain is model:
        return inferred
    del model.graph.value_info[:]
    model.graph.value_info.extend(inferred.graph.value_info)
    return model


def _valid(read: Callable[[], T]) -> T:
    """Attributes and sizes may contradict their operator, and names each other: nothing has checked the graph."""
    try:
        return read()
    except InputError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, MemoryError) as error:
        raise InputError(f"the ONNX graph is not valid: {' '.join(str(error).split())}") from error


def _other_params(graph: Graph, stored: Sequence[StoredWeight], layers: Sequence[Layer]) -> dict[str, int]:
    held = {graph.root(piece.tensor) for weight in stored for piece in weight.pieces}
    for weight, layer in zip(stored, layers, strict=True):
        bias = bias_tensor(graph, weight.node, _outputs(layer)) if weight.pieces else None
        if bias is not None:
            held.add(graph.root(bias))
    counts: Counter[str] = Counter()
    for name, size in _stored_values(graph):
        if name not in held and size:
            readers = graph.readers[name]
            counts[readers[0].op_type if readers else "unread"] += size
    return dict(counts)


def _outputs(layer: Layer) -> int:
    transposed = layer.kind == "conv_transpose2d"
    return layer.weight_shape[1] * layer.groups if transposed else layer.weight_shape[0]


def _stored_values(graph: Graph) -> Iterator[tuple[str, int]]:
    """Initializers, and the floating point tensors of Constant nodes, where numbers of a formula lie, too."""
    for tensor in graph.graph.initializer:
        yield tensor.name, math.prod(tensor.dims)
    for sparse in graph.graph.sparse_initializer:
        yield sparse.values.name, math.prod(sparse.dims)
    for node in graph.graph.node:
        tensor = attributes(node).get("value") if node.op_type == "Constant" else None
        if tensor is not None and math.prod(tensor.dims) > 1:
            value = graph.constant(node.output[0])
            yield node.output[0], value.size if value is not None and value.dtype.kind == "f" else 0


def _input_lines(model: "ModelProto") -> list[str]:
    constants = {tensor.name for tensor in model.graph.initializer}
    return [
        f"{value.name} {' x '.join(str(dim.dim_value or '?') for dim in value.type.tensor_type.shape.dim)}"
        for value in model.graph.input
        if value.name not in constants
    ]


def _notes(model: "ModelProto") -> list[str]:
    skipped = Counter(node.op_type for node in model.graph.node if is_not_counted(node))
    notes = [f"not counted: {', '.join(f'{n} {op}' for op, n in sorted(skipped.items()))}"] if skipped else []
    integers = sorted({node.op_type for node in model.graph.node if node.op_type in _INTEGER_PRODUCTS})
    return notes + ([f"weights of {', '.join(integers)} are read with a scale of 1"] if integers else [])
