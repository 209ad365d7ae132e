"""A network with the masks of a pruner."""

from sparsesim.networks import Network
from sparsesim.pruning import Pruner, pruner_by_name


def prune_network(network: Network, pruner: Pruner | str, sparsity: float | None = None) -> Network:
    """The network with the pruner's masks; its dense weights stay, so masks can be undone and combined.

    `pruner` is a Pruner, or a name with the `sparsity` it needs. Masks that the network has already are respected:
    what they dropped stays dropped.
    """
    chosen = pruner_by_name(pruner, sparsity) if isinstance(pruner, str) else pruner
    weights = {layer.name: layer.weight() for layer in network.layers if layer.weight_shape}
    earlier = {layer.name: layer.mask for layer in network.layers if layer.mask is not None}
    return network.with_masks(chosen.masks(weights, frozen=earlier))
