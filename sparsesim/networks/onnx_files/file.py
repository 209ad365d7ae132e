"""Networks from ONNX files."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sparsesim.errors import InputError
from sparsesim.networks.layer import Layer
from sparsesim.networks.network import Network
from sparsesim.networks.onnx_files.fields import check_fields
from sparsesim.networks.onnx_files.functions import multiplying_functions
from sparsesim.networks.onnx_files.graph import Graph, attributes
from sparsesim.networks.onnx_files.inference import inferred
from sparsesim.networks.onnx_files.input_sizes import InputShape, with_input_sizes
from sparsesim.networks.onnx_files.layers import bias_tensor, onnx_layer
from sparsesim.networks.onnx_files.operands import check_operands
from sparsesim.networks.onnx_files.operators import is_not_counted
from sparsesim.networks.onnx_files.reading import read_onnx
from sparsesim.networks.onnx_files.stored_tensors import nodes_of
from sparsesim.networks.onnx_files.tensor_sizes import check_arguments, check_output_sizes
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
    model = read_onnx(path)
    return _valid(lambda: _network(model, path, _checked_graph(model, input_shape)))


def _network(model: "ModelProto", path: Path, graph: Graph) -> Network:
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


def layers_of_model(model: "ModelProto", input_shape: InputShape | None = None) -> tuple[Layer, ...]:
    """The layers of a model in memory, as `network_from_onnx` reads them; input sizes are written into the model."""

    def layers() -> tuple[Layer, ...]:
        graph = _checked_graph(model, input_shape)
        return tuple(onnx_layer(graph, weight) for weight in stored_weights(graph))

    return _valid(layers)


def _checked_graph(model: "ModelProto", input_shape: InputShape | None) -> Graph:
    """The graph with the sizes of one sample; whatever contradicts itself in it is refused with its node.

    What can be said of a node alone comes first, then what ONNX says of the graph. Where both know that sizes do not
    fit, ours is told: it names the value.
    """
    with_input_sizes(model, input_shape)
    for body in (model.graph, *model.functions):
        for node in nodes_of(body):
            check_fields(node)
    sized = inferred(model, keep_noted=input_shape is None)
    graph = Graph(model.graph, sized.graph)
    check_output_sizes(model.graph.node, sized.graph)
    check_arguments(graph, sized.graph)
    for node in model.graph.node:
        check_operands(graph, node)
    if sized.fault is not None:
        raise sized.fault
    return graph


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
    functions = multiplying_functions(model)
    skipped = Counter(
        node.op_type for node in model.graph.node if is_not_counted(node) or (node.domain, node.op_type) in functions
    )
    notes = [f"not counted: {', '.join(f'{n} {op}' for op, n in sorted(skipped.items()))}"] if skipped else []
    integers = sorted({node.op_type for node in model.graph.node if node.op_type in _INTEGER_PRODUCTS})
    return notes + ([f"weights of {', '.join(integers)} are read with a scale of 1"] if integers else [])
