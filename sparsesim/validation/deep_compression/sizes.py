"""Sizes of whole networks, compressed layer by layer: with drawn weights and with trained ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sparsesim.array_types import IntArray
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.transforms.deep_compression import DeepCompressed, compress_entries, deep_compress
from sparsesim.validation.deep_compression.published import CompressionRatios
from sparsesim.validation.published import load_published

TAILS: Final[dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]]] = {
    "laplace": lambda chance: -np.log(chance),
    "normal": lambda chance: -ndtri(chance / 2),
}
"""The magnitude that a weight exceeds with this chance."""

AT_PUBLISHED_BITS: Final = "P+Q+H at published bits"
"""Our entries, padding included, with the bits that the paper gives for a code and for a gap."""


@dataclass
class NetworkSize:
    """Sizes of a network, added up layer by layer so that only one layer is in memory."""

    network: str
    weights: str
    sums: dict[str, int] = field(default_factory=dict)

    def add(self, layer: DeepCompressed, published_bits: tuple[float, float]) -> None:
        """Add one layer; `published_bits` are those of a code and of a gap after Huffman coding."""
        sizes = {
            "dense": layer.dense_bytes,
            "P": layer.pruned_bytes,
            "P+Q": layer.shared_bytes,
            "P+Q+H": layer.size_bytes,
            AT_PUBLISHED_BITS: layer.shared_bytes + round(layer.entries * (sum(published_bits) - layer.fixed_bits) / 8),
            "nnz": layer.nnz,
            "entries": layer.entries,
            "codes": len(layer.codes.payload),
            "gaps": len(layer.gaps.payload),
        }
        for name, size in sizes.items():
            self.sums[name] = self.sums.get(name, 0) + size

    def ratio(self, stage: str) -> float:
        """How many times smaller than fp32 after "P", "P+Q" or "P+Q+H"."""
        return self.sums["dense"] / self.sums[stage]

    def bits(self, stream: str) -> float:
        """Bits per entry of "codes" or "gaps" after Huffman coding."""
        return 8 * self.sums[stream] / self.sums["entries"]


@lru_cache
def drawn_size(name: str, distribution: str) -> NetworkSize:
    """A network with independent weights of this distribution, pruned to its published densities."""
    values = load_published("deep-compression", CompressionRatios)
    published, size = values.networks[name], NetworkSize(name, distribution)
    for index, layer in enumerate(load_network(name).layers):
        random = np.random.default_rng([values.seed, index])
        kept = drawn_entries(random, distribution, layer.n_weights, published.densities[layer.name])
        biases = np.zeros(layer.n_bias, np.float32)
        bits, index_bits = published.bits(layer), published.index_bits
        packed = compress_entries(layer.weight_shape, *kept, bits, index_bits, biases=biases)
        size.add(packed, published.coded_bits[layer.name])
    return size


def trained_size(values: CompressionRatios, path: Path) -> NetworkSize:
    """The trained weights in a file, pruned by magnitude to the published densities and not retrained."""
    name = values.trained.network
    published, size = values.networks[name], NetworkSize(name, "trained")
    for layer in load_network(path).layers:
        pruner = pruner_by_name("magnitude", 1 - published.densities[layer.name])
        weight = layer.with_mask(pruner.masks({layer.name: layer.weight()})[layer.name]).masked_weight()
        biases = np.zeros(layer.n_bias, np.float32)
        packed = deep_compress(weight, published.bits(layer), published.index_bits, biases=biases)
        size.add(packed, published.coded_bits[layer.name])
    return size


def drawn_entries(
    random: np.random.Generator, distribution: str, size: int, density: float
) -> tuple[IntArray, NDArray[np.float32]]:
    """(ascending positions, values) of what pruning by magnitude leaves of `size` independent weights.

    Each is kept with probability `density`, and its magnitude follows the tail of the distribution beyond the
    threshold; the others are never drawn, so that a layer of 103 M weights takes a second.
    """
    expected = size * density
    steps = random.geometric(density, round(expected + 10 * np.sqrt(expected) + 10))
    positions = np.cumsum(steps) - 1
    positions = positions[positions < size]
    chances = density * (1 - random.random(len(positions)))
    signs = 1 - 2 * random.integers(0, 2, len(positions))
    return positions, (signs * TAILS[distribution](chances)).astype(np.float32)
