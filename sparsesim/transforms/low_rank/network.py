"""Networks whose layers become two of low rank."""

from collections.abc import Iterator
from dataclasses import replace

from sparsesim.networks import Layer, Network
from sparsesim.transforms.compressed import (
    FP32_BYTES,
    CompressedNetwork,
    layers_with_weights,
    row_of,
)
from sparsesim.transforms.low_rank.arrays import LowRank, low_rank, saving_rank
from sparsesim.transforms.transformed import Row


def factorise_network(
    network: Network,
    rank: int | None = None,
    energy: float | None = None,
    only_if_smaller: bool = True,
    in_place: bool = False,
    layers: str = "*",
) -> CompressedNetwork:
    """Linear layers and ungrouped convolutions as two layers of low rank (see `low_rank`), others as they are.

    `NAME.v` maps the inputs to r values, as a convolution with the kernel, stride and padding of the original one,
    and `NAME.u` maps those to the outputs, 1 x 1, with the biases. With `only_if_smaller` a layer stays whole unless
    weights, and with them multiply-accumulates, become fewer. `in_place` keeps the layers and gives them the product
    of the factors, for evaluation on the original graph. Masks are applied and then gone from what is factorised.
    """
    split, products = factorised(network, rank, energy, only_if_smaller, layers)
    return products if in_place else split


def factorised(
    network: Network, rank: int | None, energy: float | None, only_if_smaller: bool, layers: str
) -> tuple[CompressedNetwork, CompressedNetwork]:
    """What `factorise_network` gives with layers split in two, and with the products of their factors in place."""
    chosen, taken = layers_with_weights(network, layers), {layer.name for layer in network.layers}
    split: list[Layer] = []
    products: list[Layer] = []
    rows: list[Row] = []
    for layer in network.layers:
        found = _factors(layer, rank, energy, only_if_smaller) if layer.name in chosen else None
        if layer.name in chosen:
            rows.append(_low_rank_row(layer, found))
        split.extend([layer] if found is None else _split(layer, found, taken))
        products.append(layer if found is None else layer.with_weight(found.product()).with_mask(None))
    # The graph has the layers as they were.
    smaller = replace(network, path=None, graph=None, layers=tuple(split))
    same = replace(network, layers=tuple(products))
    return CompressedNetwork(smaller, tuple(rows), "fp32"), CompressedNetwork(same, tuple(rows), "fp32")


def _factors(layer: Layer, rank: int | None, energy: float | None, only_if_smaller: bool) -> LowRank | None:
    """The factors, or None where the layer stays whole."""
    if layer.kind not in ("linear", "conv2d") or layer.groups != 1:
        return None
    limit = saving_rank(layer.weight_shape[0], layer.n_weights // layer.weight_shape[0])
    if only_if_smaller and (limit == 0 or (rank is not None and rank > limit)):
        return None
    found = low_rank(layer.masked_weight(), rank, energy)
    return None if only_if_smaller and found.rank > limit else found


def _split(layer: Layer, found: LowRank, taken: set[str]) -> Iterator[Layer]:
    """The layer as two."""
    v = replace(
        layer,
        name=_free(f"{layer.name}.v", taken),
        weight_shape=found.v.shape,
        source=found.v,
        mask=None,
        n_bias=0,
        weight_density=None,
        output_activation_density=None,
    )
    u = Layer(
        name=_free(f"{layer.name}.u", taken),
        kind=layer.kind,
        weight_shape=found.u.shape,
        source=found.u,
        n_bias=layer.n_bias,
        positions=layer.positions,
        input_size=None if layer.input_size is None else layer.output_size,
        output_activation_density=layer.output_activation_density,
    )
    yield from (v, u)


def _free(name: str, taken: set[str]) -> str:
    """The name, with underscores until no other layer has it."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _low_rank_row(layer: Layer, found: LowRank | None) -> Row:
    whole = layer.masked_weight() if found is None else found.product()
    n_weights = layer.n_weights if found is None else found.n_weights
    row = row_of(layer, FP32_BYTES * (n_weights + layer.n_bias), whole)
    macs = layer.macs * n_weights // layer.n_weights
    return row | {
        "rank": None if found is None else found.rank,
        "energy": None if found is None else found.energy,
        "before_macs": layer.macs,
        "after_macs": macs,
    }
