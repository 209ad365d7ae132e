"""Networks in fewer bits, of low rank, or with shared weights: transformed weights, and exact sizes layer by layer."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.compression import LowRank, deep_compress, loss_of, low_rank, quantise, saving_rank
from sparsesim.compression.quantise import Per
from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network

Row = dict[str, Any]
FP32_BYTES = 4


@dataclass(frozen=True, eq=False)
class CompressedNetwork:
    """A network after compression.

    Attributes:
        network: with the weights that are left after compression, for evaluation and lowering.
        rows: one mapping per layer with weights: `before_bytes` (weights and biases in fp32), `after_bytes`, `ratio`,
            `max_error` and `sqnr_db` (None where nothing was lost), and what the method adds. Biases stay fp32.
        value_type: the number type to lower the network with.
    """

    network: Network
    rows: tuple[Row, ...]
    value_type: str

    @property
    def before_bytes(self) -> int:
        """All layers in fp32."""
        return sum(row["before_bytes"] for row in self.rows)

    @property
    def after_bytes(self) -> int:
        """All layers compressed."""
        return sum(row["after_bytes"] for row in self.rows)

    @property
    def ratio(self) -> float:
        """How many times smaller it is."""
        return self.before_bytes / self.after_bytes


def quantise_network(
    network: Network, value_type: str = "int8", per: Per = "channel", symmetric: bool = True, layers: str = "*"
) -> CompressedNetwork:
    """Every weight in `value_type` (int8, int4, fp16, bf16; see `quantise`); masks stay, pruned weights stay zero.

    The network holds the dequantised weights. `channel` means a scale per output channel. Layers that do not match
    the shell pattern `layers` stay as they are and have no row, here and in the other methods.
    """

    def one(layer: Layer) -> tuple[NDArray[np.float32], int, Row]:
        axis = 1 if layer.kind == "conv_transpose2d" else 0
        found = quantise(layer.masked_weight(), value_type, per, symmetric, axis)
        return found.dequantised(), found.size_bytes + FP32_BYTES * layer.n_bias, {"scales": found.scale.size}

    return _in_place(network, layers, one, value_type)


def deep_compress_network(
    network: Network,
    conv_bits: int = 8,
    linear_bits: int = 5,
    index_bits: int = 4,
    huffman: bool = True,
    layers: str = "*",
) -> CompressedNetwork:
    """Deep Compression of every layer: prune the network first (see `deep_compress`); masks stay.

    The network holds the shared weights; `storage` of a row is the format that keeps them as codes when lowered.
    Biases count as fp32.
    """

    def one(layer: Layer) -> tuple[NDArray[np.float32], int, Row]:
        bits = conv_bits if layer.kind.startswith("conv") else linear_bits
        biases = np.zeros(layer.n_bias, np.float32)
        found = deep_compress(layer.masked_weight(), bits, index_bits, huffman, biases)
        more: Row = {"density": found.nnz / layer.n_weights, "padding": found.entries - found.nnz}
        more |= {"code_bits": found.codes.bits_per_symbol, "gap_bits": found.gaps.bits_per_symbol, **found.sizes}
        return found.decoded(), found.size_bytes, more | {"storage": f"relative-{index_bits}-codebook-{bits}"}

    return _in_place(network, layers, one, "fp32")


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
    chosen, taken = _with_weights(network, layers), {layer.name for layer in network.layers}
    left: list[Layer] = []
    rows: list[Row] = []
    for layer in network.layers:
        found = _factors(layer, rank, energy, only_if_smaller) if layer.name in chosen else None
        if layer.name in chosen:
            rows.append(_low_rank_row(layer, found))
        if found is None:
            left.append(layer)
        elif in_place:
            left.append(layer.with_weight(found.product()).with_mask(None))
        else:
            left.extend(_split(layer, found, taken))
    if not in_place:
        # The graph has the layers as they were.
        network = replace(network, path=None, graph=None)
    return CompressedNetwork(replace(network, layers=tuple(left)), tuple(rows), "fp32")


def _in_place(
    network: Network, pattern: str, one: Callable[[Layer], tuple[NDArray[np.float32], int, Row]], value_type: str
) -> CompressedNetwork:
    """Every chosen layer through `one`: new weights, bytes, and further columns."""
    weights: dict[str, NDArray[np.float32]] = {}
    rows: list[Row] = []
    for name, layer in _with_weights(network, pattern).items():
        weights[name], after_bytes, more = one(layer)
        rows.append(_row(layer, after_bytes, weights[name]) | more)
    return CompressedNetwork(network.with_weights(weights), tuple(rows), value_type)


def _with_weights(network: Network, pattern: str) -> dict[str, Layer]:
    """The layers of this pattern that have weights; InputError where there are none."""
    found = {layer.name: layer for layer in network.select(pattern).layers if layer.weight_shape}
    if not found:
        raise InputError(f"network {network.name!r} has no weights in layers {pattern!r}")
    return found


def _row(layer: Layer, after_bytes: int, back: NDArray[np.float32]) -> Row:
    before_bytes, loss = FP32_BYTES * layer.n_params, loss_of(layer.masked_weight(), back)
    return {
        "layer": layer.name,
        "before_bytes": before_bytes,
        "after_bytes": after_bytes,
        "ratio": before_bytes / after_bytes,
        "max_error": loss.max_error,
        "sqnr_db": loss.sqnr_db if math.isfinite(loss.sqnr_db) else None,
    }


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
    row = _row(layer, FP32_BYTES * (n_weights + layer.n_bias), whole)
    macs = layer.macs * n_weights // layer.n_weights
    return row | {
        "rank": None if found is None else found.rank,
        "energy": None if found is None else found.energy,
        "before_macs": layer.macs,
        "after_macs": macs,
    }
