"""The ONNX model of a network made ready for shrinking, and the smaller one."""

from typing import TYPE_CHECKING

import numpy as np

from sparsesim.networks import Network
from sparsesim.networks.export import masked_model
from sparsesim.networks.onnx_files.graph import Array, Graph
from sparsesim.networks.onnx_files.input_sizes import InputShape, with_input_sizes
from sparsesim.transforms.shrink.operators import CORRECTIONS
from sparsesim.transforms.shrink.positions import Ids
from sparsesim.transforms.shrink.walk import Kept, Walk, read_by

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

_LAST_OPSET_WITH_SPLIT_ATTRIBUTE = 12


def plain_model(network: Network) -> "ModelProto":
    """The masked model of a network, every constant of which is an initializer that nodes read directly."""
    model = masked_model(network)  # says so where onnx is not installed
    from onnx import numpy_helper

    graph, look_up = model.graph, Graph(model.graph)
    outputs = {value.name for value in graph.output}
    folded = {}
    for node in list(graph.node):
        values = {name: look_up.constant(name) for name in node.output}
        if all(value is not None for value in values.values()) and not outputs & set(values):
            folded.update(values)
            graph.node.remove(node)
    sparse = {tensor.values.name: look_up.constant(tensor.values.name) for tensor in graph.sparse_initializer}
    del graph.sparse_initializer[:]
    for name, value in (folded | sparse).items():
        graph.initializer.append(numpy_helper.from_array(np.array(value, order="C"), name))
    drop_unread(graph)
    return model


def inferred(model: "ModelProto", input_shape: InputShape | None) -> "ModelProto":
    """A copy with the sizes of all tensors for one sample."""
    from onnx import ModelProto, shape_inference

    copy = ModelProto()
    copy.CopyFrom(model)
    del copy.graph.value_info[:]
    with_input_sizes(copy, input_shape)
    return shape_inference.infer_shapes(copy, data_prop=True)


def drop_unread(graph: "GraphProto") -> None:
    """Remove constants that nothing reads."""
    read = set(read_by(graph))
    stored = {tensor.name for tensor in graph.initializer}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in read]:
        graph.initializer.remove(tensor)
    for value in [value for value in graph.input if value.name in stored - read]:
        graph.input.remove(value)


def zeroed_model(model: "ModelProto", walk: Walk, kept: Kept) -> "ModelProto":
    """The model at its full size, zero in every constant where the removed positions are."""
    copy = _copied(model)
    _replace(copy.graph, {name: _zeroed(walk, name, kept) for name in _touched(walk, kept)})
    return copy


def smaller_model(model: "ModelProto", walk: Walk, kept: Kept) -> "ModelProto":
    """The model without the removed positions: constants cut, counts of channels in nodes corrected."""
    copy = _copied(model)
    _replace(copy.graph, {name: _cut(walk, name, kept) for name in _touched(walk, kept)})
    for node in copy.graph.node:
        _correct(copy.graph, node, walk, kept)
    drop_unread(copy.graph)
    del copy.graph.value_info[:]
    return copy


def _copied(model: "ModelProto") -> "ModelProto":
    from onnx import ModelProto

    copy = ModelProto()
    copy.CopyFrom(model)
    return copy


def _touched(walk: Walk, kept: Kept) -> list[str]:
    """Constants that lose positions."""
    labelled = [(name, labels) for name, labels in walk.labels.items() if walk.is_constant(name)]
    return [name for name, labels in labelled if labels and not all(kept(ids).all() for ids in labels)]


def _zeroed(walk: Walk, name: str, kept: Kept) -> Array:
    values = np.array(walk.graph.constant(name))
    for axis, ids in enumerate(walk.labels[name] or ()):
        np.moveaxis(values, axis, 0)[~kept(ids)] = 0
    return values


def _cut(walk: Walk, name: str, kept: Kept) -> Array:
    values = np.asarray(walk.graph.constant(name))
    for axis, ids in enumerate(walk.labels[name] or ()):
        values = np.compress(kept(ids), values, axis)
    return np.array(values, order="C")


def _replace(graph: "GraphProto", values: dict[str, Array]) -> None:
    from onnx import numpy_helper

    for tensor in graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(numpy_helper.from_array(values[tensor.name], tensor.name))
    for entry in graph.input:  # files of IR version 3 list their constants here, too
        if entry.name in values:
            for dim, size in zip(entry.type.tensor_type.shape.dim, values[entry.name].shape, strict=True):
                dim.dim_value = size


def _correct(graph: "GraphProto", node: "NodeProto", walk: Walk, kept: Kept) -> None:
    involved = [walk.labels.get(name) for name in [*node.input, *node.output]]
    changed = any(not kept(ids).all() for labels in involved for ids in labels or ())
    if changed and node.op_type in ("Conv", "ConvTranspose"):
        _correct_groups(node, walk, kept)
    elif node.op_type in CORRECTIONS and (changed or node.op_type == "Concat"):  # of sizes, not of channels
        _give(graph, node, CORRECTIONS[node.op_type](walk, node, kept), walk.opset)


def _correct_groups(node: "NodeProto", walk: Walk, kept: Kept) -> None:
    """A depthwise convolution has as many groups as channels."""
    labels = walk.labels[node.input[0]]
    assert labels is not None
    channels: Ids = labels[1]
    for attribute in node.attribute:
        if attribute.name == "group" and attribute.i == len(channels) > 1:
            attribute.i = int(kept(channels).sum())


def _give(graph: "GraphProto", node: "NodeProto", constants: dict[int, Array], opset: int) -> None:
    """Let a node read these constants of its own in place of the ones it read."""
    from onnx import helper, numpy_helper

    if node.op_type == "Split":
        for attribute in [entry for entry in node.attribute if entry.name in ("split", "num_outputs")]:
            node.attribute.remove(attribute)
        if opset <= _LAST_OPSET_WITH_SPLIT_ATTRIBUTE:
            node.attribute.append(helper.make_attribute("split", constants[1].tolist()))
            return
    for place, value in constants.items():
        name = f"{node.output[0]}.{node.op_type.lower()}{place}"
        graph.initializer.append(numpy_helper.from_array(value, name))
        if place < len(node.input):
            node.input[place] = name
        else:
            node.input.append(name)
