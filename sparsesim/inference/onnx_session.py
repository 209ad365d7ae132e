"""ONNX graphs, run by onnxruntime with the masked weights written into them."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sparsesim.errors import InputError
from sparsesim.inference.session import Array, Batch, Inputs, Session, ToRecord
from sparsesim.networks import Network
from sparsesim.networks.export import masked_model
from sparsesim.networks.onnx_files.graph import Graph, attributes
from sparsesim.networks.onnx_files.weights import stored_weights

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto


class _Tap(NamedTuple):
    """A tensor of the graph, and how it becomes what is asked for."""

    tensor: str
    shaped: Callable[[Array], Array]


def open_onnx(network: Network, record: ToRecord) -> Session:
    """One thread and no fusion of nodes, so that results neither vary nor depend on what is recorded."""
    model = masked_model(network)
    taps = dict(_taps(network, Graph(model.graph), record))
    inputs = _inputs(model)
    output = model.graph.output[0].name
    known = {output, *inputs}
    new = sorted({tap.tensor for tap in taps.values()} - {value.name for value in model.graph.output} - set(inputs))
    model.graph.output.extend(type(model.graph.output[0])(name=name) for name in new)
    session = _session(network, model)
    wanted = [output, *sorted({tap.tensor for tap in taps.values()} - known)]

    def call(feeds: dict[str, Array]) -> Batch:
        found = feeds | dict(zip(wanted, session.run(wanted, feeds), strict=True))
        return Batch(found[output], {name: tap.shaped(found[tap.tensor]) for name, tap in taps.items()})

    return Session(partial(_feed, inputs), call, _fixed_batch(inputs))


def _session(network: Network, model: "ModelProto") -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError("running ONNX graphs needs onnxruntime: pip install onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime and protobuf raise many kinds
        raise InputError(f"onnxruntime cannot run {network.name!r}: {' '.join(str(error).split())[:300]}") from error


def _inputs(model: "ModelProto") -> dict[str, Any]:
    constants = {tensor.name for tensor in model.graph.initializer}
    return {value.name: value.type.tensor_type for value in model.graph.input if value.name not in constants}


def _fixed_batch(inputs: Mapping[str, Any]) -> int | None:
    firsts = [described.shape.dim[0].dim_value for described in inputs.values() if described.shape.dim]
    return max(firsts, default=0) or None


def _feed(expected: Mapping[str, Any], inputs: Inputs) -> dict[str, Array]:
    if not isinstance(inputs, Mapping):
        if len(expected) != 1:
            raise InputError(f"the network has several inputs, {', '.join(expected)}: give them by name")
        inputs = {next(iter(expected)): inputs}
    if set(inputs) != set(expected):
        raise InputError(f"the inputs are {', '.join(expected)}; found {', '.join(inputs)}")
    return {name: _cast(name, np.asarray(inputs[name]), described.elem_type) for name, described in expected.items()}


def _cast(name: str, array: Array, element: int) -> Array:
    from onnx import helper

    wanted = helper.tensor_dtype_to_np_dtype(element)
    if not np.issubdtype(array.dtype, np.number) and array.dtype != wanted:
        raise InputError(f"input {name!r} is {array.dtype}, the network reads {wanted}")
    if np.issubdtype(array.dtype, np.floating) and not np.issubdtype(wanted, np.floating):
        raise InputError(f"input {name!r} is {array.dtype}, the network reads whole numbers ({wanted})")
    with np.errstate(over="ignore"):  # too large for fp16: refused with the other infinities
        return np.ascontiguousarray(array, dtype=wanted)


def _taps(network: Network, graph: Graph, record: ToRecord) -> Iterator[tuple[str, _Tap]]:
    if record == "relus":
        for node in graph.graph.node:
            if node.op_type == "Relu":
                yield node.output[0], _Tap(node.output[0], _as_float32)
    elif record == "layers":
        kinds = {layer.name: layer.kind for layer in network.layers}
        for stored in stored_weights(graph):
            find = _INPUTS.get(kinds.get(stored.name, ""))
            if find is not None:
                yield stored.name, find(graph, stored.node)


def _convolution_input(_: Graph, node: "NodeProto") -> _Tap:
    """The map [batch, c, h, w]; that of a 1-D convolution has height 1."""
    return _Tap(node.input[0], lambda x: _as_float32(x if x.ndim == 4 else x[:, :, None, :]))


def _linear_input(graph: Graph, node: "NodeProto") -> _Tap:
    """The vectors [vectors, in]; before a constant on the left they are columns."""
    rows_first = graph.constant(node.input[0]) is None
    flipped = bool(attributes(node).get("transA" if rows_first else "transB", 0))
    across = rows_first == flipped

    def vectors(x: Array) -> Array:
        rows = np.swapaxes(x, -1, -2) if across and x.ndim > 1 else x
        return _as_float32(rows.reshape(-1, rows.shape[-1]))

    return _Tap(node.input[0 if rows_first else 1], vectors)


def _as_float32(x: Array) -> Array:
    return np.asarray(x, dtype=np.float32)


_INPUTS: dict[str, Callable[[Graph, "NodeProto"], _Tap]] = {
    "conv2d": _convolution_input,
    "linear": _linear_input,
}
