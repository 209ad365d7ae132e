"""Deep Compression of whole networks."""

import numpy as np
from numpy.typing import NDArray

from sparsesim.networks import Layer, Network
from sparsesim.transforms.compressed import CompressedNetwork, compressed_in_place
from sparsesim.transforms.deep_compression.arrays import deep_compress
from sparsesim.transforms.transformed import Row


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

    return compressed_in_place(network, layers, one, "fp32")
