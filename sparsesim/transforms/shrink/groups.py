"""Groups of channels that depend on each other: what an ONNX graph lets be removed, and all that goes with it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.networks import Network
from sparsesim.networks.onnx_files.input_sizes import InputShape
from sparsesim.networks.onnx_files.weights import stored_weights
from sparsesim.transforms.shrink.model import inferred, plain_model
from sparsesim.transforms.shrink.operators import walk_through
from sparsesim.transforms.shrink.positions import FROZEN, Ids
from sparsesim.transforms.shrink.walk import Role, Walk


@dataclass(frozen=True, eq=False)
class Member:
    """One axis of one constant, and the positions on it that belong to a group.

    Attributes:
        layer: the layer whose weights these are, or the constant's name for biases, normalisation and the like.
        tensor: name of the constant in the graph.
        axis: of the constant as the graph stores it.
        role: `output` or `input` channels of a layer, or a `vector` that goes along with channels.
        size: all positions of the axis, those of other groups and frozen ones too.
        positions: int64[n], ascending.
        units: int64[n], the unit of the group that each position belongs to; a flattened map repeats its channel.
    """

    layer: str
    tensor: str
    axis: int
    role: Role
    size: int
    positions: IntArray = field(repr=False)
    units: IntArray = field(repr=False)


@dataclass(frozen=True, eq=False)
class Group:
    """Units (channels, neurons, heads) that occur in the same axes; each can go alone, but only from all of them.

    Attributes:
        name: the first layer whose outputs they are.
        n_units: how many there are.
        members: where they occur.
        roots: int64[n_units], what the walk through the graph calls them.
    """

    name: str
    n_units: int
    members: tuple[Member, ...]
    roots: Ids = field(repr=False)

    @property
    def width(self) -> int:
        """Positions of one unit where it has the fewest: 1 for channels, the size of a head for heads."""
        return min(int(np.bincount(member.units, minlength=self.n_units).min()) for member in self.members)


@dataclass(frozen=True, eq=False)
class Dependencies:
    """The groups of a network, and the operators that kept others from being found.

    Attributes:
        groups: in order of the graph.
        unknown: nodes per operator that has no rule here, or none for this use; what they touch is never removed.
        walk: the labels of all tensors.
    """

    groups: tuple[Group, ...]
    unknown: Mapping[str, int]
    walk: Walk = field(repr=False)


def dependency_groups(network: Network, input_shape: InputShape | None = None) -> list[Group]:
    """The groups of a network with an ONNX graph (see `dependencies` for what was not understood)."""
    return list(dependencies(network, input_shape).groups)


def dependencies(network: Network, input_shape: InputShape | None = None) -> Dependencies:
    """Which channels depend on each other, found by following every position of every axis through the graph.

    As in DepGraph (Fang et al., CVPR 2023), but by position: concatenation, slices, padding and flattening map
    positions one by one, and additions join those that meet. `input_shape` is that of `load_network`.
    Raises InputError for a network without ONNX graph and for a graph that is not valid.
    """
    walk = walk_through(inferred(plain_model(network), input_shape))
    return Dependencies(_groups(walk), dict(walk.unknown), walk)


def _groups(walk: Walk) -> tuple[Group, ...]:
    axes = _free_axes(walk)
    where: dict[int, set[tuple[str, int]]] = {}
    for key, roots in axes.items():
        for root in set(roots.tolist()) - {FROZEN}:
            where.setdefault(root, set()).add(key)
    by_signature: dict[frozenset[tuple[str, int]], list[int]] = {}
    for root in sorted(where):
        by_signature.setdefault(frozenset(where[root]), []).append(root)
    layers = {piece.tensor: stored.name for stored in stored_weights(walk.graph) for piece in stored.pieces}
    used: Counter[str] = Counter()
    groups = []
    for signature, units in by_signature.items():
        members = [_member(walk, key, axes[key], np.array(units), layers) for key in axes if key in signature]
        name = next((member.layer for member in members if member.role == "output"), members[0].layer)
        used[name] += 1
        unique = name if used[name] == 1 else f"{name}#{used[name]}"
        groups.append(Group(unique, len(units), tuple(members), np.array(units)))
    return tuple(groups)


def _free_axes(walk: Walk) -> dict[tuple[str, int], Ids]:
    """The roots along every axis of every constant that could lose positions, in order of the graph."""
    constants = {name: labels for name, labels in walk.labels.items() if walk.is_constant(name)}
    roots = {
        (name, axis): walk.units.roots(ids) for name, labels in constants.items() for axis, ids in _numbered(labels)
    }
    return {key: ids for key, ids in roots.items() if (ids != FROZEN).any()}


def _numbered(labels: tuple[Ids, ...] | None) -> list[tuple[int, Ids]]:
    return list(enumerate(labels or ()))


def _member(walk: Walk, key: tuple[str, int], ids: Ids, roots: Ids, layers: dict[str, str]) -> Member:
    """`roots` ascend, so that the unit of a position is found by bisection."""
    tensor, axis = key
    positions = np.flatnonzero(np.isin(ids, roots))
    units = np.searchsorted(roots, ids[positions])
    role = walk.roles.get(key, "vector")
    return Member(layers.get(tensor, tensor), tensor, axis, role, len(ids), positions, units)
