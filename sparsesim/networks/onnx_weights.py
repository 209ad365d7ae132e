"""Where the weights of a layer lie in an ONNX graph, for reading them and for writing them back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sparsesim.errors import InputError
from sparsesim.networks.layer import Floats
from sparsesim.networks.onnx_graph import Array, Graph, attributes

if TYPE_CHECKING:
    from onnx import NodeProto


class Piece(NamedTuple):
    """A constant, or one direction of it, that holds some of the columns of a layer's weight.

    `is_matrix` is False for convolutions, whose constants keep their axes.
    """

    tensor: str
    is_matrix: bool = True
    transposed: bool = False
    direction: int | None = None


@dataclass(frozen=True)
class StoredWeight:
    """One layer's weight: pieces side by side along the inputs, [W_ih | W_hh] of recurrent layers.

    Attributes:
        name: name of the layer.
        node: the node that reads it.
        pieces: the constants that hold it.
    """

    name: str
    node: "NodeProto"
    pieces: tuple[Piece, ...]

    def read(self, graph: Graph) -> Array:
        """The weight in the layout of `Layer.weight_shape`."""
        parts = [_read(graph, piece) for piece in self.pieces]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def write(self, graph: Graph, weight: Floats, into: dict[str, Array]) -> None:
        """Put a weight into copies of the constants that hold it, collected in `into` by tensor name."""
        start = 0
        for piece in self.pieces:
            constant = _constant(graph, piece.tensor)
            target = into.setdefault(piece.tensor, constant.copy())
            view = target if piece.direction is None else target[piece.direction]
            columns = view.shape[-1] if len(self.pieces) > 1 else weight.shape[1]
            part = weight[:, start : start + columns]
            view[...] = (part.T if piece.transposed else part).reshape(view.shape)
            start += columns


def stored_weights(graph: Graph) -> Iterator[StoredWeight]:
    """The weights of all layers in order of the nodes, with unique names.

    Raises InputError for a convolution or recurrent layer whose weights are computed from the input.
    """
    used: dict[str, int] = {}
    for node in graph.graph.node:
        find = _FINDERS.get(node.op_type) if node.domain in ("", "ai.onnx") else None
        for suffix, pieces in find(graph, node) if find else []:
            name = _name(node, pieces) + suffix
            used[name] = used.get(name, 0) + 1
            unique = name if used[name] == 1 else f"{name}#{used[name]}"
            yield StoredWeight(unique, node, pieces)


def node_name(node: "NodeProto") -> str:
    """The name of a node, or of its output where it has none."""
    return str(node.name or node.output[0])


def _name(node: "NodeProto", pieces: tuple[Piece, ...]) -> str:
    """The name that PyTorch gave the module, where the weight still bears it; else the node's."""
    tensor = pieces[0].tensor if pieces else ""
    module = str(tensor).removesuffix(".weight")
    return module if module != tensor else node_name(node)


Found = list[tuple[str, tuple[Piece, ...]]]


def _find_conv(graph: Graph, node: "NodeProto") -> Found:
    _constant(graph, node.input[1], node)
    return [("", (Piece(node.input[1], is_matrix=False),))]


def _find_gemm(graph: Graph, node: "NodeProto") -> Found:
    flags = attributes(node)
    return _find_product(graph, node, bool(flags.get("transA", 0)), bool(flags.get("transB", 0)))


def _find_matmul(graph: Graph, node: "NodeProto") -> Found:
    return _find_product(graph, node, False, False)


def _find_product(graph: Graph, node: "NodeProto", flip_a: bool, flip_b: bool) -> Found:
    """A product with one constant matrix is a linear layer; with none it is a matmul without pieces."""
    a, b = (graph.constant(name) for name in node.input[:2])
    if a is not None and b is not None:
        return []
    if b is not None:
        return [("", (Piece(node.input[1], transposed=not flip_b),))]
    if a is not None:
        return [("", (Piece(node.input[0], transposed=flip_a),))]
    return [("", ())]


def _find_recurrent(graph: Graph, node: "NodeProto") -> Found:
    directions = len(_constant(graph, node.input[1], node))
    suffixes = ["", ".reverse"] if directions == 2 else [""]
    return [
        (suffix, (Piece(node.input[1], direction=i), Piece(node.input[2], direction=i)))
        for i, suffix in enumerate(suffixes)
    ]


_FINDERS: dict[str, Callable[[Graph, "NodeProto"], Found]] = {
    "Conv": _find_conv,
    "Gemm": _find_gemm,
    "MatMul": _find_matmul,
    "LSTM": _find_recurrent,
    "GRU": _find_recurrent,
}


def _read(graph: Graph, piece: Piece) -> Array:
    constant = _constant(graph, piece.tensor)
    stored = constant if piece.direction is None else constant[piece.direction]
    if not piece.is_matrix:
        return stored
    if stored.ndim == 1:
        return stored.reshape(1, -1)
    if stored.size != stored.shape[-1] * stored.shape[-2]:
        raise InputError(f"the weights {piece.tensor!r} are a batch of matrices {stored.shape}: not read")
    matrix = stored.reshape(stored.shape[-2:])
    return matrix.T if piece.transposed else matrix


def _constant(graph: Graph, tensor: str, node: "NodeProto | None" = None) -> Array:
    constant = graph.constant(tensor)
    if constant is None:
        reader = f"{node.op_type} {node_name(node)!r}: its" if node is not None else "the"
        producer = graph.producers.get(tensor)
        origin = f"computed by {producer.op_type}" if producer is not None else "an input of the graph"
        raise InputError(f"{reader} weights {tensor!r} are {origin}, not stored as a constant")
    return constant
