"""Deep Compression (ICLR 2016): sizes of four networks, and the published stream of a fifth to the byte."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sparsesim.array_types import IntArray
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.tensors import read_matrix
from sparsesim.transforms.deep_compression import (
    DeepCompressed,
    compress_entries,
    deep_compress,
    deep_compression_bytes,
    read_deep_compression,
)
from sparsesim.validation.deep_compression_description import load_published
from sparsesim.validation.reference import Reference, Watch
from sparsesim.validation.row import Row

Floats = NDArray[np.float32]
Positions = IntArray

TAILS: Final[dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]]] = {
    "laplace": lambda chance: -np.log(chance),
    "normal": lambda chance: -ndtri(chance / 2),
}
"""The magnitude that a weight exceeds with this chance."""

AT_PUBLISHED_BITS: Final = "P+Q+H at published bits"
"""Our entries, padding included, with the bits that the paper gives for a code and for a gap."""


@dataclass
class Total:
    """Sizes of a whole network, added up layer by layer so that only one layer is in memory."""

    network: str
    weights: str
    sums: dict[str, int] = field(default_factory=dict)

    def add(self, layer: DeepCompressed, published_bits: tuple[float, float]) -> None:
        """Add one layer; `published_bits` are those of a code and of a gap after Huffman coding."""
        sizes = {"dense": layer.dense_bytes, "P": layer.pruned_bytes, "P+Q": layer.shared_bytes}
        sizes |= {"P+Q+H": layer.size_bytes, "nnz": layer.nnz, "entries": layer.entries}
        sizes |= {
            AT_PUBLISHED_BITS: layer.shared_bytes + round(layer.entries * (sum(published_bits) - layer.fixed_bits) / 8)
        }
        sizes |= {"codes": len(layer.codes.payload), "gaps": len(layer.gaps.payload)}
        for name, size in sizes.items():
            self.sums[name] = self.sums.get(name, 0) + size

    def ratio(self, stage: str) -> float:
        """How many times smaller than fp32 after "P", "P+Q" or "P+Q+H"."""
        return self.sums["dense"] / self.sums[stage]

    def bits(self, stream: str) -> float:
        """Bits per entry of "codes" or "gaps" after Huffman coding."""
        return 8 * self.sums[stream] / self.sums["entries"]


class DeepCompression(Reference):
    """Sizes counted from encoded streams; real weights are compared too where the folder of data has them."""

    name: ClassVar[str] = "deep-compression"
    description: ClassVar[str] = "Deep Compression, ICLR 2016: sizes of LeNets, AlexNet and VGG-16; SqueezeNet's stream"
    needs_data: ClassVar[bool] = False

    def __init__(self, data: Path, watch: Watch) -> None:
        self.published = load_published()
        self.data = data
        self.watch = watch

    @cached_property
    def totals(self) -> list[Total]:
        """Every network under every distribution, and with trained weights where there are any."""
        drawn = [
            self._drawn(name, distribution)
            for name in self.published.networks
            for distribution in self.published.distributions
        ]
        return drawn + list(self._trained())

    @cached_property
    def stream(self) -> tuple[int, int] | None:
        """Bytes of the published stream decoded and encoded anew, without and with Huffman codes."""
        path = self.data / self.published.stream.file
        if not path.is_file():
            return None
        self.watch(self.published.stream.network)
        anew = {
            name: deep_compress(layer.decoded(), layer.codes.bits, layer.gaps.bits, False, layer.biases)
            for name, layer in read_deep_compression(path).items()
        }
        return len(deep_compression_bytes(anew)), sum(layer.coded(True).size_bytes for layer in anew.values())

    def rows(self) -> list[Row]:
        """Ratios with and without Huffman codes, and the size of the stream."""
        rows = []
        for total in self.totals:
            published = self.published.networks[total.network]
            case = f"{total.network}, {total.weights}"
            ratios = {"P+Q": published.shared_ratio, "P+Q+H": published.coded_ratio}
            for stage, ratio in (ratios | {AT_PUBLISHED_BITS: published.coded_ratio}).items():
                rows.append(self._row(case, f"{stage} ratio", ratio, total.ratio(stage), self.published.source))
        if self.stream:
            known = self.published.stream
            rows.append(self._row(known.network, "stream bytes", known.size_bytes, self.stream[0], known.source))
        return rows

    def cases(self) -> list[dict[str, Any]]:
        """Ratios after every stage, and the bits of an entry."""
        return [
            {
                "network": total.network,
                "weights": total.weights,
                **{stage: round(total.ratio(stage), 2) for stage in ("P", "P+Q", "P+Q+H")},
                "published P+Q": self.published.networks[total.network].shared_ratio,
                "published P+Q+H": self.published.networks[total.network].coded_ratio,
                "padding %": round(100 * (total.sums["entries"] / total.sums["nnz"] - 1), 1),
                "bits a code": round(total.bits("codes"), 2),
                "bits a gap": round(total.bits("gaps"), 2),
                "MB": round(total.sums["P+Q+H"] / 1e6, 3),
            }
            for total in self.totals
        ]

    def notes(self) -> list[str]:
        """What the rows rest on."""
        lines = [
            "sizes: whole streams with padding zeros, fp32 codebooks and biases, a count of 4 bytes per layer and the "
            "lengths of canonical Huffman codes; P: values in fp32 and gaps of fixed width",
            "laplace, normal: independent weights pruned by magnitude, so positions are uniform; trained networks keep "
            "more weights in some rows and columns than in others, and retrained ones have other values",
            f"{AT_PUBLISHED_BITS}: our entries and padding with the bits that the paper gives for a code and a gap, to "
            "tell what drawn weights miss from what counting does; its layers of lenet-5 add up to 36.6, not to its 39",
        ]
        if self.stream:
            saved = 1 - self.stream[1] / self.stream[0]
            lines.append(f"{self.published.stream.network}: Huffman codes would save {saved:.1%} of the stream")
        return lines + list(self._real_layers())

    def _row(self, case: str, metric: str, published: float, ours: float, source: str) -> Row:
        return Row(self.name, case, metric, published, ours, False, source)

    def _drawn(self, name: str, distribution: str) -> Total:
        self.watch(f"{name}, {distribution} weights")
        return drawn_total(name, distribution)

    def _trained(self) -> Iterator[Total]:
        known = self.published.trained
        path = self.data / known.file
        if not path.is_file():
            return
        published, total = self.published.networks[known.network], Total(known.network, "trained")
        for layer in load_network(path).layers:
            pruner = pruner_by_name("magnitude", 1 - published.densities[layer.name])
            weight = layer.with_mask(pruner.masks({layer.name: layer.weight()})[layer.name]).masked_weight()
            biases = np.zeros(layer.n_bias, np.float32)
            packed = deep_compress(weight, published.bits(layer), published.index_bits, biases=biases)
            total.add(packed, published.coded_bits[layer.name])
        yield total

    def _real_layers(self) -> Iterator[str]:
        """Bits of really pruned layers beside those of drawn ones of the same size and density."""
        known = self.published.pruned
        if not (self.data / known.file).is_file():
            return
        for name in known.layers:
            weight = read_matrix(self.data / known.file / f"{name}.mtx").to_array().astype(np.float32)
            real = deep_compress(weight)
            told = [f"{real.codes.bits_per_symbol:.2f} + {real.gaps.bits_per_symbol:.2f} real"]
            for distribution in self.published.distributions:
                random = np.random.default_rng(self.published.seed)
                kept = drawn_entries(random, distribution, weight.size, real.nnz / weight.size)
                drawn = compress_entries(weight.shape, *kept)
                told.append(f"{drawn.codes.bits_per_symbol:.2f} + {drawn.gaps.bits_per_symbol:.2f} {distribution}")
            share = f"{real.nnz / weight.size:.1%} of the weights"
            yield f"bits of code + gap, pruned CaffeNet {name} ({share}): {', '.join(told)}"


@lru_cache
def drawn_total(name: str, distribution: str) -> Total:
    """A network with independent weights of this distribution, pruned to its published densities."""
    published, seed = load_published().networks[name], load_published().seed
    total = Total(name, distribution)
    for index, layer in enumerate(load_network(name).layers):
        random = np.random.default_rng([seed, index])
        kept = drawn_entries(random, distribution, layer.n_weights, published.densities[layer.name])
        biases = np.zeros(layer.n_bias, np.float32)
        bits, index_bits = published.bits(layer), published.index_bits
        packed = compress_entries(layer.weight_shape, *kept, bits, index_bits, biases=biases)
        total.add(packed, published.coded_bits[layer.name])
    return total


def drawn_entries(
    random: np.random.Generator, distribution: str, size: int, density: float
) -> tuple[Positions, Floats]:
    """(ascending positions, values) of what pruning by magnitude leaves of `size` independent weights.

    Each is kept with the chance `density`, and its magnitude follows the tail of the distribution beyond the
    threshold; the others are never drawn, so that a layer of 103 M weights takes a second.
    """
    expected = size * density
    steps = random.geometric(density, round(expected + 10 * np.sqrt(expected) + 10))
    positions = np.cumsum(steps) - 1
    positions = positions[positions < size]
    chances = density * (1 - random.random(len(positions)))
    signs = 1 - 2 * random.integers(0, 2, len(positions))
    return positions, (signs * TAILS[distribution](chances)).astype(np.float32)
