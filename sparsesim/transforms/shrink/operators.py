"""What each ONNX operator does with the positions of its axes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sparsesim.errors import InputError
from sparsesim.transforms.shrink.elementwise import ELEMENTWISE
from sparsesim.transforms.shrink.products import PRODUCTS
from sparsesim.transforms.shrink.reshaping import RESHAPING, new_shape, pieces_of_shape
from sparsesim.transforms.shrink.slicing import SLICING, Constants, pad_sizes, slice_ends, split_sizes
from sparsesim.transforms.shrink.walk import Kept, Walk

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

OPERATORS: dict[str, Callable[[Walk, "NodeProto"], bool]] = {**PRODUCTS, **ELEMENTWISE, **RESHAPING, **SLICING}
"""Rules by operator: label the results, or answer False where this node cannot be followed."""

CORRECTIONS: dict[str, Callable[[Walk, "NodeProto", Kept], Constants]] = {
    "Reshape": new_shape,
    "Concat": pieces_of_shape,
    "Split": split_sizes,
    "Slice": slice_ends,
    "Pad": pad_sizes,
}
"""New constants, by index of the input, of the operators whose constants count channels."""


def walk_through(model: "ModelProto") -> Walk:
    """Label the axes of all tensors of a model with inferred sizes; inputs and outputs of the graph stay.

    Raises InputError for a graph that contradicts its operators.
    """
    walk = Walk(model)
    for node in model.graph.node:
        try:
            follow = OPERATORS.get(node.op_type) if node.domain in ("", "ai.onnx") else None
            if follow is None or not follow(walk, node):
                walk.unknown[node.op_type] += 1
                walk.freeze_node(node)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise InputError(f"the ONNX graph is not valid at {node.op_type} {node.name!r}: {error}") from error
    for value in model.graph.output:
        walk.freeze(value.name)
    return walk
