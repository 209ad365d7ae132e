"""Reshape, Flatten, Squeeze and Unsqueeze: which positions of the new axes are which of the old ones."""

import math
from typing import TYPE_CHECKING

import numpy as np

from sparsesim.transforms.shrink.positions import Ids, Labels, frozen
from sparsesim.transforms.shrink.walk import Kept, Walk

if TYPE_CHECKING:
    from onnx import NodeProto

Blocks = list[tuple[list[int], list[int]]]


def reshaped(walk: Walk, node: "NodeProto") -> bool:
    """Axes that are merged or split keep their positions; a split axis can only lose whole parts (heads).

    A shape put together by Concat, as exporters do where the batch is open, counts channels in its constants alone.
    Refused where the new shape is computed in another way: nothing could correct it.
    """
    entry, result = walk.of(node.input[0]), walk.frozen(node.output[0])
    if entry is None or result is None or not _has_known_shape(walk, node, len(result)):
        return False
    if node.op_type == "Reshape" and len(node.input) < 2:  # the attribute of opset 1
        return False
    old, new = [len(ids) for ids in entry], [len(ids) for ids in result]
    if math.prod(old) != math.prod(new) or math.prod(old) == 0:
        return False
    labels = list(result)
    for before, after in matched_axes(old, new):
        _relabel(walk, entry, before, after, labels)
    walk.labels[node.output[0]] = tuple(labels)
    return True


def _has_known_shape(walk: Walk, node: "NodeProto", rank: int) -> bool:
    if all(map(walk.is_constant, filter(None, node.input[1:]))):
        return True
    producer = walk.graph.producers.get(node.input[1])
    if node.op_type != "Reshape" or producer is None or producer.op_type != "Concat":
        return False
    one_each = len(producer.input) == rank and all(walk.graph.size(name) == [1] for name in producer.input)
    return one_each and len(_readers(walk, producer)) == 1


def _readers(walk: Walk, node: "NodeProto") -> list["NodeProto"]:
    return [reader for reader in walk.graph.graph.node if node.output[0] in reader.input]


def matched_axes(old: list[int], new: list[int]) -> Blocks:
    """Runs of old axes and runs of new ones of the same product; axes of one position belong to none."""
    olds, news = ([axis for axis, size in enumerate(shape) if size != 1] for shape in (old, new))
    blocks: Blocks = []
    while olds:
        before, after = [olds.pop(0)], [news.pop(0)]
        while (have := math.prod(old[i] for i in before)) != (want := math.prod(new[i] for i in after)):
            (before if have < want else after).append((olds if have < want else news).pop(0))
        blocks.append((before, after))
    return blocks


def _relabel(walk: Walk, entry: Labels, before: list[int], after: list[int], labels: list[Ids]) -> None:
    if len(before) == len(after) == 1:
        labels[after[0]] = entry[before[0]]
    elif len(after) == 1:
        labels[after[0]] = _merged(walk, [entry[axis] for axis in before])
    elif len(before) == 1:
        axis, ids = _split(walk, entry[before[0]], [len(labels[axis]) for axis in after])
        labels[after[axis]] = ids
    else:
        for axis in before:
            walk.units.freeze(entry[axis])


def _merged(walk: Walk, axes: list[Ids]) -> Ids:
    """Ids of the product of several axes, of which one at most can lose positions: the first that could."""
    free = [axis for axis, ids in enumerate(axes) if walk.units.any_free(ids)]
    for axis in free[1:]:
        walk.units.freeze(axes[axis])
    if not free:
        return frozen(math.prod(map(len, axes)))
    before, after = (math.prod(map(len, part)) for part in (axes[: free[0]], axes[free[0] + 1 :]))
    return np.tile(np.repeat(axes[free[0]], after), before)


def _split(walk: Walk, ids: Ids, sizes: list[int]) -> tuple[int, Ids]:
    """The new axis that can lose positions, and its ids: heads in (heads, width) and (3, heads, width)."""
    axis = len(sizes) - 2
    parts = np.moveaxis(ids.reshape(sizes), axis, 0).reshape(sizes[axis], -1)
    for column in parts.T[1:]:
        walk.units.join(parts[:, 0], column)
    return axis, np.ascontiguousarray(parts[:, 0])


def new_shape(walk: Walk, node: "NodeProto", kept: Kept) -> dict[int, np.ndarray]:
    """The constant of a Reshape after channels fell, by the index of the input."""
    shape, labels = walk.graph.constant(node.input[1]), walk.labels[node.output[0]]
    if shape is None or labels is None:  # see pieces_of_shape
        return {}
    sizes = [int(kept(ids).sum()) if size > 0 else size for ids, size in zip(labels, shape.tolist(), strict=True)]
    return {1: np.array(sizes, np.int64)}


def pieces_of_shape(walk: Walk, node: "NodeProto", kept: Kept) -> dict[int, np.ndarray]:
    """The constants of a Concat that only says the shape of a Reshape, after channels fell."""
    readers = _readers(walk, node)
    if len(readers) != 1 or not _has_known_shape(walk, readers[0], len(node.input)):
        return {}
    labels = walk.labels[readers[0].output[0]]
    if labels is None or walk.is_constant(node.output[0]) or node.output[0] not in readers[0].input[1:2]:
        return {}
    stored = [walk.graph.constant(name) for name in node.input]
    pairs = enumerate(zip(stored, labels, strict=True))
    fixed = {place: ids for place, (value, ids) in pairs if value is not None and value.item() > 0}
    return {place: np.array([kept(ids).sum()], np.int64) for place, ids in fixed.items()}


RESHAPING = dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), reshaped)
