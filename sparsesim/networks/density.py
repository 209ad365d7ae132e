"""Published densities of a pruned network, and what they leave of its weights and operations, layer by layer."""

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from sparsesim.errors import UnknownNameError
from sparsesim.networks.layer import Layer
from sparsesim.networks.network import Network

FLOPS_PER_MAC = 2


def with_densities(network: Network, published: Mapping[str, Mapping[str, float]]) -> Network:
    """The network with published densities, {layer name or shell pattern: {field of `Layer`: density in [0, 1]}}.

    Where several patterns match a layer, the last one counts. Raises UnknownNameError for one that matches none.
    """
    names = [layer.name for layer in network.layers]
    chosen: dict[str, dict[str, Any]] = {name: {} for name in names}
    for pattern, densities in published.items():
        fitting = [name for name in names if fnmatchcase(name, pattern)]
        if not fitting:
            raise UnknownNameError("layer pattern", pattern, names)
        for name in fitting:
            chosen[name] |= densities
    layers = tuple(replace(layer, **chosen[layer.name]) for layer in network.layers)
    return replace(network, layers=layers)


def density_table(network: Network) -> list[dict[str, object]]:
    """Rows like Table 4 of Han et al. (NeurIPS 2015), one per layer and a last one named `total`.

    Densities are in [0, 1]. `weight_density` is that of the mask, else the published one, else 1;
    `flop_density` = weight density * input activation density, the share of operations on two non-zeros.
    Totals average weight density over weights and flop density over operations; activation density has no total.
    """
    rows = [_row(layer) for layer in network.layers]
    weights = sum(layer.n_weights for layer in network.layers)
    kept = sum(layer.n_weights * _weight_density(layer) for layer in network.layers)
    done = sum(layer.macs * _flop_density(layer) for layer in network.layers)
    total = {
        "layer": "total",
        "weights": weights,
        "flops": FLOPS_PER_MAC * network.macs,
        "activation_density": None,
        "weight_density": kept / weights if weights else 1.0,
        "flop_density": done / network.macs,
    }
    return [*rows, total]


def _row(layer: Layer) -> dict[str, object]:
    return {
        "layer": layer.name,
        "weights": layer.n_weights,
        "flops": FLOPS_PER_MAC * layer.macs,
        "activation_density": layer.output_activation_density,
        "weight_density": _weight_density(layer),
        "flop_density": _flop_density(layer),
    }


def _weight_density(layer: Layer) -> float:
    if layer.mask is not None:
        return float(layer.mask.mean())
    return 1.0 if layer.weight_density is None else layer.weight_density


def _flop_density(layer: Layer) -> float:
    activations = layer.input_activation_density
    return _weight_density(layer) * (1.0 if activations is None else activations)
