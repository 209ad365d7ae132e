"""N:M after a permutation of input channels: what the network computes then, and what an N:M unit multiplies."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, IntArray
from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network
from sparsesim.pruning import NM
from sparsesim.transforms.permute.channels import WORK, kept_fraction, permute_channels


@dataclass(frozen=True, eq=False)
class PermutedNetwork:
    """A network whose layers keep N of every M weights once their input channels are put in another order.

    Attributes:
        masked: the network in its given order, with the weights that are kept: for its accuracy, and to write it.
            Its masks are not N:M.
        reordered: the weights as an N:M unit multiplies them, columns permuted; without graph or file, because the
            order holds only if every layer's inputs arrive in `orders`. Input channels have one order at all kernel
            positions, so that the outputs of the layer before can be permuted (see `permuted_pair`).
        orders: of all input channels, by permuted layer: channel `order[i]` arrives as channel i. Those of grouped
            convolutions stay within their group.
        kept_before: share of sum |w| that N:M keeps in the given order, by layer.
        kept_after: the same in the new order; never below the former.
    """

    masked: Network
    reordered: Network
    orders: Mapping[str, IntArray]
    kept_before: Mapping[str, float]
    kept_after: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class _Permuted:
    """One layer: mask in the given order, weight and mask in the new one; no order where it is the given one."""

    mask: BoolArray
    weight: NDArray[Any]
    reordered_mask: BoolArray
    order: IntArray | None = None


def permute_network(
    network: Network, pattern: NM | str = "2:4", *, seed: int = 0, restarts: int = 32, work: float = WORK
) -> PermutedNetwork:
    """Permute the input channels of every layer so that N:M keeps most of sum |w| (see `permute_channels`).

    Linear layers, and convolutions whose channels divide into groups of M, are permuted; all others with weights get
    the N:M mask in their given order. Masks that the network has stay: what they dropped counts as 0. `restarts` and
    `work` (weights read per layer, some seconds by default) bound the search.
    Raises InputError if nothing in the network has weights.
    """
    chosen = NM.parse(pattern) if isinstance(pattern, str) else pattern
    layers = [layer for layer in network.layers if layer.n_weights]
    if not layers:
        raise InputError(f"network {network.name!r} has no weights to permute")
    found = {layer.name: _permuted(layer, chosen, seed=seed, restarts=restarts, work=work) for layer in layers}
    reordered = network.without_masks().with_weights({name: one.weight for name, one in found.items()})
    return PermutedNetwork(
        masked=network.with_masks({name: one.mask for name, one in found.items()}),
        reordered=replace(
            reordered.with_masks({name: one.reordered_mask for name, one in found.items()}), path=None, graph=None
        ),
        orders={name: one.order for name, one in found.items() if one.order is not None},
        kept_before={layer.name: kept_fraction(layer.masked_weight(), chosen) for layer in layers},
        kept_after={name: kept_fraction(one.weight, chosen) for name, one in found.items()},
    )


def _permuted(layer: Layer, pattern: NM, **search: Any) -> _Permuted:
    weight = layer.masked_weight()
    if not _is_free(layer, pattern):
        mask = _allowed(pattern.mask(weight), layer.mask)
        return _Permuted(mask, weight, mask)
    found = [permute_channels(part, pattern, **search) for part in np.split(weight, layer.groups)]
    mask = _allowed(np.concatenate([one.original_mask for one in found]), layer.mask)
    orders = [one.order for one in found]
    order = np.concatenate([each + group * weight.shape[1] for group, each in enumerate(orders)])
    return _Permuted(mask, _in_order(weight, orders), _in_order(mask, orders), order)


def _in_order(array: NDArray[Any], orders: list[IntArray]) -> NDArray[Any]:
    """Input channels (axis 1) of every group of filters (axis 0) in the order of that group."""
    parts = np.split(array, len(orders))
    return np.concatenate([part[:, order] for part, order in zip(parts, orders, strict=True)])


def _is_free(layer: Layer, pattern: NM) -> bool:
    """Whether the order of the layer's input channels is a choice that groups of M can use."""
    return layer.kind == "linear" or (layer.kind == "conv2d" and layer.weight_shape[1] % pattern.of == 0)


def _allowed(mask: BoolArray, earlier: BoolArray | None) -> BoolArray:
    return mask if earlier is None else mask & earlier
