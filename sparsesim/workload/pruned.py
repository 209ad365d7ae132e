"""A network with the masks of a pruner."""

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network, SyntheticWeights
from sparsesim.pruning import Pruner, pruner_by_name

MOST_TOGETHER = 400_000_000
"""Weights that a pruner may rank together: they take about 2 GB, and all must be at hand at once."""


def prune_network(network: Network, pruner: Pruner | str, sparsity: float | None = None) -> Network:
    """The network with the pruner's masks; its dense weights stay, so masks can be undone and combined.

    `pruner` is a Pruner, or a name with the `sparsity` it needs. Masks that the network has already are respected:
    what they dropped stays dropped. Raises InputError where a ranking over all layers does not fit in memory.
    """
    chosen = pruner_by_name(pruner, sparsity) if isinstance(pruner, str) else pruner
    pruned = [layer for layer in network.layers if layer.weight_shape]
    if chosen.per_layer:
        return network.with_masks({layer.name: _mask(layer, chosen) for layer in pruned})
    _check_size(network, chosen)
    weights = {layer.name: layer.weight() for layer in pruned}
    earlier = {layer.name: layer.mask for layer in pruned if layer.mask is not None}
    return network.with_masks(chosen.masks(weights, frozen=earlier))


def prune_layer(layer: Layer, pruner: Pruner | None) -> tuple[Layer, int]:
    """A layer as it is multiplied once `pruner` (None: its own mask alone) has passed, and the weights that stay.

    The pruner decides per layer. Drawn weights are zeroed in place instead of keeping a mask beside them.
    """
    if not layer.weight_shape or (pruner is None and layer.mask is None):
        return layer, layer.n_weights
    weight = layer.weight()
    mask = layer.mask if pruner is None else pruner.mask(weight, layer=layer.name, frozen=layer.mask)
    assert mask is not None
    kept = int(np.count_nonzero(mask))
    if not isinstance(layer.source, SyntheticWeights):
        return layer.with_mask(mask), kept
    weight.flags.writeable = True  # drawn just now: nobody else holds them
    weight *= mask
    weight.flags.writeable = False
    return layer.with_mask(None).with_weight(weight), kept


def _mask(layer: Layer, pruner: Pruner) -> NDArray[np.bool_]:
    return pruner.mask(layer.weight(), layer=layer.name, frozen=layer.mask)


def _check_size(network: Network, pruner: Pruner) -> None:
    together = sum(layer.n_weights for layer in network.layers)
    if together > MOST_TOGETHER:
        raise InputError(
            f"network {network.name!r} has {together:,} weights; pruner {pruner.name!r} ranks all layers together, "
            f"which is possible up to {MOST_TOGETHER:,}: prune per layer, or select fewer layers"
        )
