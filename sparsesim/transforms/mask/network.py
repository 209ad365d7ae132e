"""A network, or one layer of it, with the masks of a pruner."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray
from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network, SyntheticWeights, load_network
from sparsesim.pruning import ByLayer, Element, Pruner, pruner_by_name

PUBLISHED = "published"
"""Name of the pruner that leaves the published density of every layer."""

MOST_TOGETHER = 400_000_000
"""Weights that a pruner may rank together: they take about 2 GB, and all must be at hand at once."""


def prune_network(
    network: str | Path | Network,
    pruner: Pruner | str,
    sparsity: float | None = None,
    *,
    data: Mapping[str, NDArray[Any]] | None = None,
) -> Network:
    """The network, given by name, path or itself, with the pruner's masks.

    Its dense weights stay, so masks can be undone and combined.

    `pruner` is a Pruner, or a name with the `sparsity` it needs (see `pruner_by_name`), or "published". Masks that the
    network has already are respected: what they dropped stays dropped. `data` is what the pruner's criterion needs of
    every layer (see `Pruner.mask`; `input_norms` makes it of captured inputs); layers that the network lacks are
    passed over.
    Raises UnknownNameError for unknown names, and InputError for a sparsity that is missing or out of range, and where
    a ranking over all layers does not fit in memory.

    >>> import sparsesim as ss
    >>> pruned = ss.prune("digits-cnn", "magnitude", 0.9)
    >>> [round(float(layer.mask.mean()), 2) for layer in pruned.layers]
    [0.1, 0.1, 0.1, 0.1]
    """
    network = load_network(network)
    chosen = _named(network, pruner, sparsity) if isinstance(pruner, str) else pruner
    pruned = [layer for layer in network.layers if layer.weight_shape]
    known = {layer.name: data[layer.name] for layer in pruned if data and layer.name in data}
    if chosen.per_layer:
        return network.with_masks({layer.name: _mask(layer, chosen, known.get(layer.name)) for layer in pruned})
    _check_size(network, chosen)
    weights = {layer.name: layer.weight() for layer in pruned}
    earlier = {layer.name: layer.mask for layer in pruned if layer.mask is not None}
    return network.with_masks(chosen.masks(weights, frozen=earlier, data=known))


def prune_layer(
    layer: Layer, pruner: Pruner | None, data: Mapping[str, NDArray[Any]] | None = None
) -> tuple[Layer, int]:
    """A layer as it is multiplied once `pruner` (None: its own mask alone) has passed, and the weights that stay.

    The pruner decides per layer. Drawn weights are zeroed in place instead of keeping a mask beside them.
    """
    if not layer.weight_shape or (pruner is None and layer.mask is None):
        return layer, layer.n_weights
    weight = layer.weight()
    mask = layer.mask if pruner is None else _mask(layer, pruner, (data or {}).get(layer.name), weight)
    assert mask is not None
    kept = int(np.count_nonzero(mask))
    if not isinstance(layer.source, SyntheticWeights):
        return layer.with_mask(mask), kept
    weight.flags.writeable = True  # drawn just now: nobody else holds them
    weight *= mask
    weight.flags.writeable = False
    return layer.with_mask(None).with_weight(weight), kept


def _mask(
    layer: Layer, pruner: Pruner, data: NDArray[Any] | None, weight: NDArray[np.float32] | None = None
) -> BoolArray:
    weight = layer.weight() if weight is None else weight
    return pruner.mask(weight, layer=layer.name, frozen=layer.mask, data=data)


def _named(network: Network, name: str, sparsity: float | None) -> Pruner:
    return published(network) if name == PUBLISHED else pruner_by_name(name, sparsity)


def published(network: Network) -> Pruner:
    """Drops the smallest weights of every layer down to the density that the network's description gives."""
    given = {layer.name: layer.weight_density for layer in network.layers if layer.weight_density is not None}
    if not given:
        raise InputError(f"pruner {PUBLISHED!r}: network {network.name!r} gives no weight density of any layer")
    return Pruner(Element(), ByLayer({layer: 1 - density for layer, density in given.items()}), name=PUBLISHED)


def _check_size(network: Network, pruner: Pruner) -> None:
    together = sum(layer.n_weights for layer in network.layers)
    if together > MOST_TOGETHER:
        raise InputError(
            f"network {network.name!r} has {together:,} weights; pruner {pruner.name!r} ranks all layers together, "
            f"which is possible up to {MOST_TOGETHER:,}: prune per layer, or select fewer layers"
        )
