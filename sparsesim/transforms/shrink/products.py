"""Layers: an output axis of the weights is born in them, an input axis belongs to whoever feeds it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sparsesim.networks.onnx_files.graph import attributes
from sparsesim.transforms.shrink.positions import Ids, Labels, frozen
from sparsesim.transforms.shrink.walk import Role, Walk

if TYPE_CHECKING:
    from onnx import NodeProto


def _operands(walk: Walk, node: "NodeProto", count: int) -> list[Labels] | None:
    """Labels of the first inputs; None where one is unknown."""
    found = [walk.of(name) for name in node.input[:count]]
    known = [labels for labels in found if labels is not None]
    return known if len(known) == count else None


def conv(walk: Walk, node: "NodeProto") -> bool:
    """Conv, weights [c_out, c_in / groups, ...]."""
    return _convolve(walk, node, _conv_groups, 0)


def conv_transpose(walk: Walk, node: "NodeProto") -> bool:
    """ConvTranspose, weights [c_in, c_out / groups, ...]."""
    return _convolve(walk, node, _transposed_groups, 1)


def _convolve(walk: Walk, node: "NodeProto", groups_of: Callable[[Walk, int, Ids, Labels], Ids], axis: int) -> bool:
    operands, result = _operands(walk, node, 2), walk.frozen(node.output[0])
    if operands is None or result is None or not walk.is_constant(node.input[1]):
        return False
    x, weight = operands
    for ids in (x[0], *x[2:], *weight[2:]):
        walk.units.freeze(ids)
    channels = groups_of(walk, attributes(node).get("group", 1), x[1], weight)
    if len(node.input) > 2 and node.input[2]:
        (bias,) = walk.of(node.input[2]) or (frozen(len(channels)),)
        walk.units.join(bias, channels)
    _set_roles(walk, node.input[1], axis, 1 - axis)
    walk.labels[node.output[0]] = (x[0], channels, *result[2:])
    return True


def _set_roles(walk: Walk, tensor: str, output: int, entry: int) -> None:
    roles: dict[int, Role] = {output: "output", entry: "input"}
    walk.roles.update({(tensor, axis): role for axis, role in roles.items()})


def _conv_groups(walk: Walk, groups: int, entry: Ids, weight: Labels) -> Ids:
    """Depthwise channels fall with their filters; of other groups, the same channels of every group fall."""
    outputs, inputs = weight[:2]
    if groups == len(entry) > 1:
        walk.units.join(outputs, np.repeat(entry, len(outputs) // groups))
        return outputs
    walk.units.join(entry, np.tile(inputs, groups))
    _tie(walk, outputs, groups)
    return outputs


def _transposed_groups(walk: Walk, groups: int, entry: Ids, weight: Labels) -> Ids:
    inputs, outputs = weight[:2]
    walk.units.join(entry, inputs)
    if groups == len(entry) > 1:
        walk.units.freeze(outputs)
        return np.repeat(entry, len(outputs))
    _tie(walk, inputs, groups)
    return np.tile(outputs, groups)


def _tie(walk: Walk, ids: Ids, groups: int) -> None:
    by_group = ids.reshape(groups, -1)
    for other in by_group[1:]:
        walk.units.join(by_group[0], other)


def gemm(walk: Walk, node: "NodeProto") -> bool:
    """Gemm: A [M, K] times B [K, N], either one transposed, plus C broadcast to [M, N]."""
    operands, flags = _operands(walk, node, 2), attributes(node)
    if operands is None:
        return False
    (m, k), (k_too, n) = operands
    flipped_a, flipped_b = bool(flags.get("transA", 0)), bool(flags.get("transB", 0))
    m, k = (k, m) if flipped_a else (m, k)
    k_too, n = (n, k_too) if flipped_b else (k_too, n)
    walk.units.join(k, k_too)
    _set_product_roles(walk, node, flipped_a, flipped_b)
    added = walk.of(node.input[2]) if len(node.input) > 2 and node.input[2] else ()
    if added is None:
        return False
    join_broadcast(walk, added, (m, n))
    walk.labels[node.output[0]] = (m, n)
    return True


def matmul(walk: Walk, node: "NodeProto") -> bool:
    """MatMul: matrices in the last two axes, the axes before them broadcast; vectors as NumPy treats them."""
    operands = _operands(walk, node, 2)
    if operands is None or not all(operands):
        return False
    a, b = operands
    k_of_a, k_of_b = a[-1], b[-2] if len(b) > 1 else b[-1]
    walk.units.join(k_of_a, k_of_b)
    batch = broadcast(walk, [a[:-2], b[:-2]])
    walk.labels[node.output[0]] = (*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))
    if len(a) == 2 or len(b) == 2:
        _set_product_roles(walk, node, False, False)
    return True


def _set_product_roles(walk: Walk, node: "NodeProto", flipped_a: bool, flipped_b: bool) -> None:
    for tensor, output, flipped in zip(node.input[:2], (0, 1), (flipped_a, flipped_b), strict=True):
        if walk.is_constant(tensor) and len(walk.of(tensor) or ()) == 2:
            axis = 1 - output if flipped else output
            _set_roles(walk, tensor, axis, 1 - axis)


def broadcast(walk: Walk, operands: list[Labels]) -> Labels:
    """The labels of a broadcast result; positions that meet are joined, an axis of one position joins nobody."""
    rank = max(map(len, operands), default=0)
    result = []
    for axis in range(-rank, 0):
        meeting = [labels[axis] for labels in operands if len(labels) >= -axis]
        longest = max(meeting, key=len)
        for ids in meeting:
            if len(ids) == len(longest) or len(ids) != 1:
                walk.units.join(longest, ids)
        result.append(longest)
    return tuple(result)


def join_broadcast(walk: Walk, added: Labels, result: Labels) -> None:
    """Join what is broadcast to a result with it."""
    broadcast(walk, [result, added])


PRODUCTS = {"Conv": conv, "ConvTranspose": conv_transpose, "Gemm": gemm, "MatMul": matmul}
