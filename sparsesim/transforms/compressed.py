"""What methods of compression leave: transformed weights, and exact sizes layer by layer."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks import Layer, Network
from sparsesim.transforms.loss import loss_of
from sparsesim.transforms.transformed import Row

FP32_BYTES = 4


@dataclass(frozen=True, eq=False)
class CompressedNetwork:
    """A network after compression.

    Attributes:
        network: with the weights that are left after compression, for evaluation and lowering.
        rows: one mapping per layer with weights: `before_bytes` (weights and biases in fp32), `after_bytes`, `ratio`,
            `max_error` and `sqnr_db` (None where nothing was lost), and what the method adds. Biases stay fp32.
        dtype: the number type to lower the network with.
    """

    network: Network
    rows: tuple[Row, ...]
    dtype: str

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

    @property
    def totals(self) -> Row:
        """The number type, bytes, their ratio, and multiply-accumulates where rows tell them."""
        macs = {name: sum(int(row.get(name, 0)) for row in self.rows) for name in ("before_macs", "after_macs")}
        bytes_ = {"before_bytes": self.before_bytes, "after_bytes": self.after_bytes, "ratio": self.ratio}
        return {"dtype": self.dtype, **bytes_, **{name: count for name, count in macs.items() if count}}


def compressed_in_place(
    network: Network, pattern: str, one: Callable[[Layer], tuple[NDArray[np.float32], int, Row]], dtype: str
) -> CompressedNetwork:
    """Every chosen layer through `one`: new weights, bytes, and further columns."""
    weights: dict[str, NDArray[np.float32]] = {}
    rows: list[Row] = []
    for name, layer in layers_with_weights(network, pattern).items():
        weights[name], after_bytes, more = one(layer)
        rows.append(row_of(layer, after_bytes, weights[name]) | more)
    return CompressedNetwork(network.with_weights(weights), tuple(rows), dtype)


def layers_with_weights(network: Network, pattern: str) -> dict[str, Layer]:
    """The layers of this pattern that have weights; InputError where there are none."""
    found = {layer.name: layer for layer in network.select(pattern).layers if layer.weight_shape}
    if not found:
        raise InputError(f"network {network.name!r} has no weights in layers {pattern!r}")
    return found


def row_of(layer: Layer, after_bytes: int, back: NDArray[np.float32]) -> Row:
    """Sizes of one layer, and how far the weights that came `back` are from those that went in."""
    before_bytes, loss = FP32_BYTES * layer.n_params, loss_of(layer.masked_weight(), back)
    return {
        "layer": layer.name,
        "before_bytes": before_bytes,
        "after_bytes": after_bytes,
        "ratio": before_bytes / after_bytes,
        "max_error": loss.max_error,
        "sqnr_db": loss.sqnr_db if math.isfinite(loss.sqnr_db) else None,
    }
