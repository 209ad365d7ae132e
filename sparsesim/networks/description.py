"""A network in words and figures, for lists and records."""

from typing import Any

from sparsesim.networks.density import density_table
from sparsesim.networks.network import Network


def in_brief(network: Network) -> str:
    """Parameters, multiply-accumulates per sample, origin of the weights and variants, on one line."""
    size = f"{_short(network.n_params, 3)} parameters, {_short(network.macs, 4)} MACs"
    variants = f", variants: {', '.join(network.variants)}" if network.variants else ""
    return f"{size}, {network.weights_origin} weights{variants}"


def in_full(network: Network) -> dict[str, Any]:
    """All that is known of a network, its layers as rows; published densities only where every layer has one."""
    published = all(layer.weight_density is not None for layer in network.layers)
    return {
        "name": network.label,
        "source": network.source,
        "input": network.input_description,
        "weights": network.weights_origin,
        "accuracy": network.accuracy,
        "parameters": network.n_params,
        "other_parameters": dict(network.other_params),
        "macs": network.macs,
        "notes": network.notes,
        "variants": list(network.variants),
        "layers": network.table(),
        "published_densities": density_table(network) if published else [],
    }


def _short(count: int, digits: int) -> str:
    scale, unit = (1e9, "G") if count >= 1e9 else (1e6, "M")
    return f"{count / scale:.{digits}g} {unit}"
