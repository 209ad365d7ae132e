"""Removes channels from a network: fewer rows and columns, not zeros."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sparsesim.array_types import BoolArray, IntArray
from sparsesim.errors import InputError
from sparsesim.networks import Network
from sparsesim.networks.onnx_files.file import layers_of_model
from sparsesim.networks.onnx_files.graph import Graph
from sparsesim.networks.onnx_files.input_sizes import InputShape
from sparsesim.transforms.shrink.choice import Ratios, chosen, spared
from sparsesim.transforms.shrink.groups import Dependencies, Group, dependencies
from sparsesim.transforms.shrink.importance import unit_scores
from sparsesim.transforms.shrink.model import plain_model, smaller_model, zeroed_model
from sparsesim.transforms.shrink.positions import Ids
from sparsesim.transforms.shrink.walk import Walk

if TYPE_CHECKING:
    from onnx import ModelProto

_NORMALISATION = "normalisation"


@dataclass(frozen=True, eq=False)
class Removal:
    """What one group lost.

    Attributes:
        group: the group as it was.
        units: int64, the units that went, ascending.
    """

    group: Group
    units: IntArray = field(repr=False)

    @property
    def before(self) -> int:
        """Units that there were."""
        return self.group.n_units

    @property
    def after(self) -> int:
        """Units that are left."""
        return self.group.n_units - len(self.units)


@dataclass(frozen=True, eq=False, kw_only=True)
class Shrunk:
    """A network after channels were removed from it.

    Attributes:
        network: the smaller network, with its own graph and layers.
        removed: per group, in order of the graph.
        unknown: nodes per operator that was not followed; what they touch is whole.
        params_before: parameters of the network as it was given, and `params_after` of the smaller one.
        macs_before: multiply-accumulates per sample, and `macs_after`.
    """

    network: Network
    removed: tuple[Removal, ...]
    unknown: Mapping[str, int]
    params_before: int
    params_after: int
    macs_before: int
    macs_after: int


def remove_channels(
    network: Network,
    sparsity: Ratios,
    *,
    importance: str = "l1",
    aggregation: str = "sum",
    scope: str = "layer",
    round_to: int = 8,
    minimum: int = 1,
    input_shape: InputShape | None = None,
) -> Shrunk:
    """Remove the least important units of every group of dependent channels from a network with an ONNX graph.

    Args:
        network: its masks are applied first. What it computes changes only by the channels that go: the result is
            that of the network with those channels zeroed (`zero_channels`).
        sparsity: share of the units that every group loses, or by group name or shell pattern; others stay whole.
        importance: `l1`, `l2` or `magnitude` of a unit's weights in one layer.
        aggregation: how that comes together over the coupled layers, see `AGGREGATIONS`.
        scope: `layer`, the same share everywhere; `global`, all units of the network ranked together by their score
            over the mean of their group.
        round_to: channels that are left are rounded up to a multiple of this; whole heads may be one already.
        minimum: units that every group keeps.
        input_shape: as given to `load_network`, for graphs of open size.

    Raises InputError for a network without ONNX graph, a graph without removable channels, and values out of range.
    """
    found = dependencies(network, input_shape)
    if not found.groups:
        raise InputError(f"{network.name!r} has no channel that could go{_because(found)}")
    scores = [unit_scores(found.walk, group, importance, aggregation) for group in found.groups]
    gone = chosen(found.groups, scores, sparsity, scope, round_to, minimum)
    gone = spared(found.walk, found.groups, scores, gone)
    removed = tuple(Removal(group, units) for group, units in zip(found.groups, gone, strict=True))
    kept = _Kept(found.walk, removed)
    smaller = _network(network, smaller_model(plain_model(network), found.walk, kept), found.walk, input_shape)
    smaller = replace(smaller, name=f"{network.name}-shrunk")
    return Shrunk(
        network=smaller,
        removed=removed,
        unknown=found.unknown,
        params_before=network.n_params,
        params_after=smaller.n_params,
        macs_before=network.macs,
        macs_after=smaller.macs,
    )


def zero_channels(network: Network, removed: tuple[Removal, ...], input_shape: InputShape | None = None) -> Network:
    """The network at its full size, zero wherever `removed` says: what `remove_channels` must agree with."""
    found = dependencies(network, input_shape)
    model = zeroed_model(plain_model(network), found.walk, _Kept(found.walk, removed))
    return _network(network, model, found.walk, input_shape)


class _Kept:
    """Which positions stay when units were removed."""

    def __init__(self, walk: Walk, removed: tuple[Removal, ...]) -> None:
        self._walk = walk
        self._gone = np.concatenate([removal.group.roots[removal.units] for removal in removed])

    def __call__(self, ids: Ids) -> BoolArray:
        return ~np.isin(self._walk.units.roots(ids), self._gone)


def _because(found: Dependencies) -> str:
    listed = ", ".join(f"{count} {operator}" for operator, count in sorted(found.unknown.items()))
    return f"; not followed: {listed}" if listed else ""


def _network(network: Network, model: "ModelProto", walk: Walk, input_shape: InputShape | None) -> Network:
    from onnx import ModelProto

    described = ModelProto()
    described.CopyFrom(model)
    others = dict(network.other_params)
    if others.get(_NORMALISATION) == _normalisation(walk.graph):
        others[_NORMALISATION] = _normalisation(Graph(model.graph))
    return replace(
        network,
        layers=layers_of_model(described, input_shape),
        graph=model.SerializeToString(),
        path=None,
        accuracy=None,
        other_params=others,
    )


def _normalisation(graph: Graph) -> int:
    """Stored values of all batch normalisations."""
    names = {name for node in graph.graph.node if node.op_type == "BatchNormalization" for name in node.input[1:]}
    found = [graph.constant(name) for name in names]
    return sum(value.size for value in found if value is not None)
