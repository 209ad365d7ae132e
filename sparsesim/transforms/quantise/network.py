"""Networks in fewer bits."""

import numpy as np
from numpy.typing import NDArray

from sparsesim.networks import Layer, Network
from sparsesim.transforms.compressed import FP32_BYTES, CompressedNetwork, compressed_in_place
from sparsesim.transforms.quantise.arrays import Per, quantise
from sparsesim.transforms.transformed import Row


def quantise_network(
    network: Network, dtype: str = "int8", per: Per = "channel", symmetric: bool = True, layers: str = "*"
) -> CompressedNetwork:
    """Every weight in `dtype` (int8, int4, fp16, bf16; see `quantise`); masks stay, pruned weights stay zero.

    The network holds the dequantised weights. `channel` means a scale per output channel. Layers that do not match
    the shell pattern `layers` stay as they are and have no row, here and in the other methods.
    """

    def one(layer: Layer) -> tuple[NDArray[np.float32], int, Row]:
        axis = 1 if layer.kind == "conv_transpose2d" else 0
        found = quantise(layer.masked_weight(), dtype, per, symmetric, axis)
        return found.dequantised(), found.size_bytes + FP32_BYTES * layer.n_bias, {"scales": found.scale.size}

    return compressed_in_place(network, layers, one, dtype)
