"""Walks through an ONNX graph and labels every axis of every tensor with the units that its positions belong to."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

from sparsesim.array_types import BoolArray
from sparsesim.networks.onnx_files.graph import Graph
from sparsesim.transforms.shrink.positions import Ids, Labels, Units, frozen

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

Role = Literal["output", "input", "vector"]
Kept = Callable[[Ids], BoolArray]


class Walk:
    """What is known of a graph after its nodes were seen in order.

    Attributes:
        graph: look-ups in the graph, its sizes inferred.
        units: the classes of positions.
        labels: ids by tensor, or None for a tensor of unknown size, which is never shrunk.
        roles: how a layer uses an axis of its weights, by (tensor, axis).
        unknown: how many nodes of each operator without a rule froze what flows through them.
    """

    def __init__(self, model: "ModelProto") -> None:
        self.graph = Graph(model.graph)
        self.opset = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=1)
        self.units = Units()
        self.labels: dict[str, Labels | None] = {}
        self.roles: dict[tuple[str, int], Role] = {}
        self.unknown: Counter[str] = Counter()

    def of(self, tensor: str) -> Labels | None:
        """The labels of a tensor; constants get units of their own when they are first read."""
        if tensor not in self.labels:
            value = self.graph.constant(tensor)
            if value is None:
                self.labels[tensor] = self.frozen(tensor)
            else:
                self.labels[tensor] = tuple(self.units.fresh(size) for size in value.shape)
        return self.labels[tensor]

    def is_constant(self, tensor: str) -> bool:
        """Whether the tensor does not depend on the input."""
        return self.graph.constant(tensor) is not None

    def frozen(self, tensor: str) -> Labels | None:
        """Labels of a tensor that stays as it is; None where its size is unknown."""
        size = self.graph.size(tensor)
        known = [dim for dim in size if dim is not None]
        if len(known) != len(size) or (not size and not self._is_scalar(tensor)):
            return None
        return tuple(frozen(dim) for dim in known)

    def freeze(self, tensor: str) -> None:
        """Nothing of this tensor can go."""
        for ids in self.of(tensor) or ():
            self.units.freeze(ids)

    def freeze_node(self, node: "NodeProto") -> None:
        """Nothing that this node reads or writes can go."""
        for tensor in [*filter(None, node.input), *_read_inside(node)]:
            self.freeze(tensor)
        for tensor in filter(None, node.output):
            self.labels[tensor] = self.frozen(tensor)

    def _is_scalar(self, tensor: str) -> bool:
        described = [*self.graph.graph.value_info, *self.graph.graph.output, *self.graph.graph.input]
        return any(value.name == tensor and value.type.tensor_type.HasField("shape") for value in described)


def _read_inside(node: "NodeProto") -> Iterator[str]:
    """Names that the branches or the body of a control-flow node read."""
    for attribute in node.attribute:
        for graph in [attribute.g, *attribute.graphs]:
            yield from read_by(graph)


def read_by(graph: "GraphProto") -> Iterator[str]:
    """Names that the nodes of a graph and of the graphs inside it read, and its outputs."""
    for node in graph.node:
        yield from filter(None, node.input)
        yield from _read_inside(node)
    yield from (value.name for value in graph.output)
