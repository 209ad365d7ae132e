"""A network with the masks of a pruner."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from sparsesim.networks import Network
from sparsesim.pruning import Pruner, pruner_by_name


def prune_network(
    network: Network,
    pruner: Pruner | str,
    sparsity: float | None = None,
    *,
    data: Mapping[str, NDArray[Any]] | None = None,
) -> Network:
    """The network with the pruner's masks; its dense weights stay, so masks can be undone and combined.

    `pruner` is a Pruner, or a name with the `sparsity` it needs. Masks that the network has already are respected:
    what they dropped stays dropped. `data` is what the pruner's criterion needs of every layer (see `Pruner.mask`;
    `input_norms` makes it of captured inputs); layers that the network lacks are passed over.
    """
    chosen = pruner_by_name(pruner, sparsity) if isinstance(pruner, str) else pruner
    weights = {layer.name: layer.weight() for layer in network.layers if layer.weight_shape}
    earlier = {layer.name: layer.mask for layer in network.layers if layer.mask is not None}
    known = {layer: array for layer, array in (data or {}).items() if layer in weights}
    return network.with_masks(chosen.masks(weights, frozen=earlier, data=known))
