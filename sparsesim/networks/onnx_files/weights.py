"""Where the weights of a layer lie in an ONNX graph, for reading them and for writing them back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sparsesim.errors import InputError
from sparsesim.networks.layer import Floats
from sparsesim.networks.onnx_files.graph import Array, Graph, attributes, quantization_of
from sparsesim.networks.onnx_files.operators import Operator, node_name, operator
from sparsesim.networks.onnx_files.quantized import Quantization

if TYPE_CHECKING:
    from onnx import NodeProto


class Scaling(NamedTuple):
    """The tensors of a quantised operator that turn its stored integers into weights; no scale means 1."""

    scale: str
    zero_point: str
    axis: int

    def of(self, graph: Graph) -> Quantization:
        """The values of these tensors."""
        scale = _constant(graph, self.scale) if self.scale else np.ones(1, np.float32)
        return Quantization(scale, _constant(graph, self.zero_point) if self.zero_point else None, self.axis)


class Piece(NamedTuple):
    """A constant, or one direction of it, that holds some of the columns of a layer's weight.

    `is_matrix` is False for convolutions, whose constants keep their axes.
    """

    tensor: str
    is_matrix: bool = True
    transposed: bool = False
    direction: int | None = None
    scaling: Scaling | None = None


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
            target = into.setdefault(piece.tensor, _values(graph, piece).copy())
            view = target if piece.direction is None else target[piece.direction]
            columns = view.shape[-1] if len(self.pieces) > 1 else weight.shape[1]
            part = weight[:, start : start + columns]
            view[...] = (part.T if piece.transposed else part).reshape(view.shape)
            start += columns

    def requantized(self, graph: Graph, written: dict[str, Array]) -> Iterator[tuple[str, Array]]:
        """What `write` has put into `written`, as the file stores it: integers where it holds integers.

        Raises InputError for weights that these integers cannot hold.
        """
        for piece in self.pieces:
            value = written[piece.tensor]
            if piece.scaling is not None:
                stored = _constant(graph, piece.tensor)
                yield piece.tensor, piece.scaling.of(graph).quantized(value, stored)
            else:
                yield _behind_dequantization(graph, piece.tensor, value) or (piece.tensor, value)


def stored_weights(graph: Graph) -> Iterator[StoredWeight]:
    """The weights of all layers in order of the nodes, with unique names.

    Raises InputError for a convolution or recurrent layer whose weights are computed from the input.
    """
    used: dict[str, int] = {}
    for node in graph.graph.node:
        kind = operator(node)
        for suffix, pieces in _FINDERS[kind.like](graph, node, kind) if kind else []:
            name = _name(node, pieces) + suffix
            used[name] = used.get(name, 0) + 1
            unique = name if used[name] == 1 else f"{name}#{used[name]}"
            yield StoredWeight(unique, node, pieces)


def _name(node: "NodeProto", pieces: tuple[Piece, ...]) -> str:
    """The name of the PyTorch module, where the weight still bears it; else the name of the node."""
    tensor = pieces[0].tensor if pieces else ""
    module = str(tensor).removesuffix(".weight")
    return module if module != tensor else node_name(node)


Found = list[tuple[str, tuple[Piece, ...]]]


def _find_conv(graph: Graph, node: "NodeProto", kind: Operator) -> Found:
    weight = node.input[kind.operands[1]]
    _constant(graph, weight, node)
    return [("", (Piece(weight, is_matrix=False, scaling=_scaling(node, kind, 1, 0)),))]


def _find_product(graph: Graph, node: "NodeProto", kind: Operator) -> Found:
    """A product with one constant matrix is a linear layer; with none it is a matmul without pieces."""
    flags = attributes(node)
    flip_a, flip_b = bool(flags.get("transA", 0)), bool(flags.get("transB", 0))
    a, b = (node.input[position] for position in kind.operands)
    if graph.constant(a) is not None and graph.constant(b) is not None:
        return []
    if graph.constant(b) is not None:
        return [("", (Piece(b, transposed=not flip_b, scaling=_scaling(node, kind, 1, -2 if flip_b else -1)),))]
    if graph.constant(a) is not None:
        return [("", (Piece(a, transposed=flip_a, scaling=_scaling(node, kind, 0, -1 if flip_a else -2)),))]
    return [("", ())]


def _find_recurrent(graph: Graph, node: "NodeProto", _: Operator) -> Found:
    directions = len(_constant(graph, node.input[1], node))
    suffixes = ["", ".reverse"] if directions == 2 else [""]
    return [
        (suffix, (Piece(node.input[1], direction=i), Piece(node.input[2], direction=i)))
        for i, suffix in enumerate(suffixes)
    ]


_FINDERS: dict[str, Callable[[Graph, "NodeProto", Operator], Found]] = {
    "conv": _find_conv,
    "conv_transpose": _find_conv,
    "product": _find_product,
    "recurrent": _find_recurrent,
}


def _scaling(node: "NodeProto", kind: Operator, operand: int, axis: int) -> Scaling | None:
    if kind.zero_points is None:
        return None
    position = kind.zero_points[operand]
    zero_point = node.input[position] if position < len(node.input) else ""
    return Scaling(node.input[kind.scales[operand]] if kind.scales else "", zero_point, axis)


def _values(graph: Graph, piece: Piece) -> Array:
    constant = _constant(graph, piece.tensor)
    return constant if piece.scaling is None else piece.scaling.of(graph).dequantized(constant)


def _read(graph: Graph, piece: Piece) -> Array:
    constant = _values(graph, piece)
    stored = constant if piece.direction is None else constant[piece.direction]
    if not piece.is_matrix:
        return stored
    if stored.ndim == 1:
        return stored.reshape(1, -1)
    if stored.size != stored.shape[-1] * stored.shape[-2]:
        raise InputError(f"the weights {piece.tensor!r} are a batch of matrices {stored.shape}: not read")
    matrix = stored.reshape(stored.shape[-2:])
    return matrix.T if piece.transposed else matrix


def _behind_dequantization(graph: Graph, tensor: str, value: Array) -> tuple[str, Array] | None:
    """The integers, and their tensor, from which DequantizeLinear and what follows make this value.

    None where no such node lies between the constant and its reader.
    """
    node = graph.producers.get(tensor)
    if node is None or tensor in graph.initializers or tensor == graph.root(tensor):
        return None
    source = _constant(graph, node.input[0])
    if node.op_type == "DequantizeLinear":
        inputs = [_constant(graph, name) for name in node.input if name]
        return node.input[0], quantization_of(node, inputs).quantized(value, source)
    if node.op_type == "Transpose":
        order = attributes(node).get("perm")
        value = value.T if order is None else value.transpose(np.argsort(order))
    return _behind_dequantization(graph, node.input[0], value.reshape(source.shape))


def _constant(graph: Graph, tensor: str, node: "NodeProto | None" = None) -> Array:
    constant = graph.constant(tensor)
    if constant is None:
        reader = f"{node.op_type} {node_name(node)!r}: its" if node is not None else "the"
        producer = graph.producers.get(tensor)
        origin = f"computed by {producer.op_type}" if producer is not None else "an input of the graph"
        raise InputError(f"{reader} weights {tensor!r} are {origin}, not stored as a constant")
    return constant
