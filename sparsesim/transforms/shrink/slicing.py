"""Operators that move, cut, pad and join axes; some hold constants that count channels, which are corrected."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsesim.networks.onnx_files.graph import attributes
from sparsesim.transforms.shrink.positions import Ids, Labels, frozen
from sparsesim.transforms.shrink.products import broadcast
from sparsesim.transforms.shrink.walk import Kept, Walk

if TYPE_CHECKING:
    from onnx import NodeProto

Constants = dict[int, np.ndarray]


def transposed(walk: Walk, node: "NodeProto") -> bool:
    """Transpose: axes change places."""
    entry = walk.of(node.input[0])
    if entry is None:
        return False
    order = attributes(node).get("perm", list(range(len(entry)))[::-1])
    walk.labels[node.output[0]] = tuple(entry[axis] for axis in order)
    return True


def concatenated(walk: Walk, node: "NodeProto") -> bool:
    """Concat: positions one behind the other on one axis, joined on all others."""
    operands = [labels for labels in map(walk.of, node.input) if labels is not None]
    if len(operands) != len(node.input):
        return False
    axis = attributes(node)["axis"] % len(operands[0])
    others = broadcast(walk, [_without(labels, axis) for labels in operands])
    joined = np.concatenate([labels[axis] for labels in operands])
    walk.labels[node.output[0]] = (*others[:axis], joined, *others[axis:])
    return True


def _without(labels: Labels, axis: int) -> Labels:
    return (*labels[:axis], *labels[axis + 1 :])


def split(walk: Walk, node: "NodeProto") -> bool:
    """Split: consecutive parts of one axis."""
    entry = walk.of(node.input[0])
    results = [walk.frozen(name) for name in node.output]
    if entry is None or any(labels is None for labels in results):
        return False
    axis = attributes(node).get("axis", 0) % len(entry)
    sizes = [len(labels[axis]) for labels in results if labels is not None]
    if sum(sizes) != len(entry[axis]):
        return False
    for name, (start, stop) in zip(node.output, pairwise([0, *np.cumsum(sizes).tolist()]), strict=True):
        walk.labels[name] = (*entry[:axis], entry[axis][start:stop], *entry[axis + 1 :])
    return True


def split_sizes(walk: Walk, node: "NodeProto", kept: Kept) -> Constants:
    """What is left of every part."""
    axis = attributes(node).get("axis", 0)
    return {1: np.array([_count(walk, name, axis, kept) for name in node.output], np.int64)}


def _count(walk: Walk, tensor: str, axis: int, kept: Kept) -> int:
    labels = walk.labels[tensor]
    assert labels is not None
    return int(kept(labels[axis]).sum())


def sliced(walk: Walk, node: "NodeProto") -> bool:
    """Slice by constants: a part of an axis that may lose positions is taken in steps of one."""
    entry, cuts = walk.of(node.input[0]), slice_cuts(walk, node)
    if entry is None or cuts is None:
        return False
    labels = list(entry)
    for axis, cut in cuts.items():
        if cut.step != 1 or len(node.input) == 1:
            whole = len(entry[axis][cut]) == len(entry[axis]) and cut.step == 1
            if not whole:
                walk.units.freeze(entry[axis])
        labels[axis] = entry[axis][cut]
    walk.labels[node.output[0]] = tuple(labels)
    return True


def slice_cuts(walk: Walk, node: "NodeProto") -> dict[int, slice] | None:
    """The cut of every axis that a Slice names; None where that depends on the input."""
    entry = walk.of(node.input[0])
    if entry is None:
        return None
    flags = attributes(node)
    if len(node.input) > 1:
        found = [walk.graph.constant(name) for name in node.input[1:] if name]
        if any(value is None for value in found):
            return None
        starts, ends, *more = [np.asarray(value).reshape(-1).tolist() for value in found]
        axes = more.pop(0) if len(node.input) > 3 and node.input[3] else list(range(len(starts)))
        steps = more.pop(0) if more else [1] * len(starts)
    else:
        starts, ends = flags["starts"], flags["ends"]
        axes, steps = flags.get("axes", list(range(len(starts)))), [1] * len(starts)
    return {
        axis % len(entry): _cut(len(entry[axis]), start, end, step)
        for start, end, axis, step in zip(starts, ends, axes, steps, strict=True)
    }


def _cut(size: int, start: int, end: int, step: int) -> slice:
    first, last, _ = slice(start, end, step).indices(size)
    return slice(first, None if step < 0 and last < 0 else last, step)


def slice_ends(walk: Walk, node: "NodeProto", kept: Kept) -> Constants:
    """Starts and ends of a Slice, counted in the positions that are left; axes that stay keep theirs."""
    entry, cuts = walk.of(node.input[0]), slice_cuts(walk, node)
    if len(node.input) == 1 or entry is None or cuts is None:
        return {}
    starts, ends = (np.array(walk.graph.constant(name)).reshape(-1) for name in node.input[1:3])
    for place, (axis, cut) in enumerate(cuts.items()):
        left = kept(entry[axis])
        if not left.all():
            starts[place], ends[place] = left[: cut.start].sum(), left[: cut.stop].sum()
    return {1: starts, 2: ends}


def padded(walk: Walk, node: "NodeProto") -> bool:
    """Pad with a constant: padded positions of an axis that is not padded by copies can fall, too."""
    entry, pads = walk.of(node.input[0]), _pads(walk, node)
    if entry is None or pads is None or attributes(node).get("mode", "constant") != "constant":
        return False
    fixed = len(node.input) == 1
    labels = []
    for ids, before, after in zip(entry, pads[: len(entry)], pads[len(entry) :], strict=True):
        if before < 0 or after < 0:
            return False
        if fixed and (before or after):
            walk.units.freeze(ids)
        labels.append(np.concatenate([_new(walk, before, fixed), ids, _new(walk, after, fixed)]))
    walk.labels[node.output[0]] = tuple(labels)
    return True


def _pads(walk: Walk, node: "NodeProto") -> list[int] | None:
    if len(node.input) == 1:
        pads = attributes(node).get("pads")
        return None if pads is None else list(pads)
    constant = walk.graph.constant(node.input[1])
    has_axes = len(node.input) > 3 and bool(node.input[3])
    return None if constant is None or has_axes else [int(pad) for pad in constant.tolist()]


def _new(walk: Walk, size: int, fixed: bool) -> Ids:
    """Padding of a single position is no frozen axis, so its id is drawn apart."""
    return frozen(size) if fixed else walk.units.fresh(size + 1)[:size] if size else frozen(0)


def pad_sizes(walk: Walk, node: "NodeProto", kept: Kept) -> Constants:
    """The padding that is left."""
    entry, pads, labels = walk.of(node.input[0]), _pads(walk, node), walk.labels[node.output[0]]
    if len(node.input) == 1 or entry is None or pads is None or labels is None:
        return {}
    rank = len(entry)
    before = [kept(labels[axis][: pads[axis]]).sum() for axis in range(rank)]
    after = [kept(labels[axis][pads[axis] + len(entry[axis]) :]).sum() for axis in range(rank)]
    return {1: np.array([*before, *after], np.int64)}


def gathered(walk: Walk, node: "NodeProto") -> bool:
    """Gather: the axis that is looked up stays, what is found there passes."""
    entry, indices = walk.of(node.input[0]), walk.frozen(node.input[1])
    constant = walk.graph.constant(node.input[1])
    if constant is not None:
        indices = tuple(frozen(size) for size in constant.shape)
    if entry is None or indices is None:
        return False
    axis = attributes(node).get("axis", 0) % len(entry)
    walk.units.freeze(entry[axis])
    walk.labels[node.output[0]] = (*entry[:axis], *indices, *entry[axis + 1 :])
    return True


def shape_of(walk: Walk, node: "NodeProto") -> bool:
    """Shape: the axes stay whose size somebody reads."""
    entry = walk.of(node.input[0])
    if entry is None:
        return False
    for axis in _read_axes(walk, node, len(entry)):
        walk.units.freeze(entry[axis])
    walk.labels[node.output[0]] = (frozen(len(entry)),)
    return True


def _read_axes(walk: Walk, node: "NodeProto", rank: int) -> set[int]:
    readers: list[Any] = [reader for reader in walk.graph.graph.node if node.output[0] in reader.input]
    read: set[int] = set()
    for reader in readers:
        indices = walk.graph.constant(reader.input[1]) if reader.op_type == "Gather" else None
        if indices is None or attributes(node):
            return set(range(rank))
        read |= {int(index) % rank for index in np.asarray(indices).reshape(-1)}
    return read


SLICING = {
    "Transpose": transposed,
    "Concat": concatenated,
    "Split": split,
    "Slice": sliced,
    "Pad": padded,
    "Gather": gathered,
    "Shape": shape_of,
}
