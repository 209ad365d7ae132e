"""Writes pruned networks: into the ONNX graph that runs them, or as plain arrays."""

from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from sparsesim.atomic import replacing
from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.networks.arrays.state_dict import ORIGIN_KEY
from sparsesim.networks.network import Network
from sparsesim.networks.onnx_files.graph import Array, Graph
from sparsesim.networks.onnx_files.reading import read_onnx
from sparsesim.networks.onnx_files.weights import StoredWeight, stored_weights
from sparsesim.places import one_line, within

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

Content = Callable[[IO[bytes]], None]
"""What writes a file, once everything is known to be there."""
_FLOAT32_BYTES = 4


def write_network(network: Network, path: str | Path) -> Path:
    """Write the masked weights of a network and return the path.

    `.onnx`: the graph that the network was read from, or that its architecture gave it, with new weights and
    everything else untouched. Weights stored as integers stay integers; a masked one becomes the zero point.
    `.npz`: one array `<layer>.weight` per layer, in the layout of `Layer.weight_shape`.
    Raises InputError for any other suffix, for ONNX without an ONNX graph and before overwriting the source, OSError
    that names the file where it cannot be written; then there is none, or what was there before.
    """
    target = Path(path)
    check_target(network, target)
    with within(target):
        content = _WRITERS[target.suffix.lower()](network)
    with replacing(target) as new, new.open("wb") as file:
        content(file)
    return target


def check_target(network: Network, target: Path) -> None:
    """InputError where `write_network` could not write this network to this path, whatever its weights will be."""
    suffix = target.suffix.lower()
    if suffix not in _WRITERS:
        raise InputError(f"{target}: cannot write {target.suffix or 'a file without suffix'}, only .onnx and .npz")
    if network.path is not None and network.path.exists() and target.exists() and target.samefile(network.path):
        raise InputError(f"{target}: the network was read from this file; write to another one")
    if suffix == ".onnx" and not isinstance(network.graph, Path | bytes):
        reason = "was not read from an ONNX file, nor with an architecture"
        raise InputError(f"{target}: {network.name!r} {reason}; write .npz instead")


def _write_npz(network: Network) -> Content:
    weights = [layer for layer in network.layers if layer.n_weights]
    made = (layer.n_weights for layer in weights if layer.mask is not None or not isinstance(layer.source, np.ndarray))
    check_memory("holding its weights", sum(_FLOAT32_BYTES * size for size in made))
    arrays = {f"{layer.name}.weight": layer.masked_weight() for layer in weights}
    origin = {ORIGIN_KEY: np.array(network.weights_origin)}
    return lambda file: np.savez_compressed(file, allow_pickle=False, **origin, **arrays)


def _write_onnx(network: Network) -> Content:
    model = masked_model(network)
    try:
        serialised = model.SerializeToString()
    except Exception as error:  # protobuf, for a model beyond 2 GB
        raise InputError(f"{network.name!r} cannot be one ONNX file: {one_line(error)}") from error

    def content(file: IO[bytes]) -> None:
        file.write(serialised)

    return content


def masked_model(network: Network) -> "ModelProto":
    """The ONNX model of a network with the network's masked weights in it.

    Raises InputError for a network without ONNX graph and for layers that share weights but not their mask.
    """
    if not isinstance(network.graph, Path | bytes):
        raise InputError(f"{network.name!r} has no ONNX graph")
    model = _parsed(network.graph) if isinstance(network.graph, bytes) else read_onnx(network.graph)
    _replace_constants(model.graph, _changed_constants(network, Graph(model.graph)))
    return model


def _parsed(serialised: bytes) -> "ModelProto":
    try:
        import onnx
    except ImportError as error:
        raise InputError("ONNX graphs need the onnx package: pip install onnx") from error
    return onnx.load_from_string(serialised)


def _changed_constants(network: Network, graph: Graph) -> dict[str, Array]:
    """New values of the constants that hold the network's weights, by tensor name."""
    layers = {layer.name: layer for layer in network.layers}
    changed: dict[str, Array] = {}
    written_by: list[StoredWeight] = []
    writers: dict[object, tuple[str, Array]] = {}
    for stored in stored_weights(graph):
        layer = layers.pop(stored.name, None)
        if layer is None or not stored.pieces:
            continue
        weight = layer.masked_weight()
        first, written = writers.setdefault(stored.pieces, (layer.name, weight))
        if not np.array_equal(written, weight):
            raise InputError(f"layers {first!r} and {layer.name!r} share their weights and need the same mask")
        matrix = weight if weight.ndim == 2 else weight.reshape(len(weight), -1)
        stored.write(graph, matrix, changed)
        written_by.append(stored)
    if layers:
        raise InputError(
            f"the graph of {network.name!r} has no layer {next(iter(layers))!r}: it has changed since it was read"
        )
    return _as_stored(graph, written_by, changed)


def _as_stored(graph: Graph, written_by: list[StoredWeight], changed: dict[str, Array]) -> dict[str, Array]:
    """The values as the file holds them, integers where it is quantised; readers of one constant must agree."""
    values: dict[str, Array] = {}
    for stored in written_by:
        for tensor, value in stored.requantized(graph, changed):
            if not np.array_equal(values.setdefault(tensor, value), value):
                raise InputError(f"layer {stored.name!r} shares the weights {tensor!r} and needs the same mask")
    return values


def _replace_constants(graph: "GraphProto", values: dict[str, Array]) -> None:
    """Store these values as initializers, and drop the nodes and constants that nothing reads any more."""
    from onnx import numpy_helper

    outputs_replaced = [node for node in graph.node if any(name in values for name in node.output)]
    for node in outputs_replaced:
        graph.node.remove(node)
    _drop(graph, lambda name: name in values)
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in values.items())
    if outputs_replaced:
        _drop_unread(graph)


def _drop(graph: "GraphProto", unwanted: Callable[[str], bool]) -> None:
    for tensor in [tensor for tensor in graph.initializer if unwanted(tensor.name)]:
        graph.initializer.remove(tensor)
    for sparse in [sparse for sparse in graph.sparse_initializer if unwanted(sparse.values.name)]:
        graph.sparse_initializer.remove(sparse)


def _drop_unread(graph: "GraphProto") -> None:
    """Remove constants, and nodes over them, that only fed what was replaced."""
    read = {name for node in graph.node for name in node.input} | {value.name for value in graph.output}
    dead = [node for node in graph.node if not any(name in read for name in node.output)]
    for node in dead:
        graph.node.remove(node)
    if dead:
        return _drop_unread(graph)
    _drop(graph, lambda name: name not in read)
    for value in [value for value in graph.input if value.name not in read]:
        graph.input.remove(value)
    return None


_WRITERS: dict[str, Callable[[Network], Content]] = {".npz": _write_npz, ".onnx": _write_onnx}
