"""Deep Compression (ICLR 2016): sizes of four networks, and the published stream of a fifth to the byte."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from sparsesim.tensors import read_matrix
from sparsesim.transforms.deep_compression import (
    DeepCompressed,
    compress_entries,
    deep_compress,
    deep_compression_bytes,
    read_deep_compression,
)
from sparsesim.validation.deep_compression.published import CompressionRatios
from sparsesim.validation.deep_compression.sizes import (
    AT_PUBLISHED_BITS,
    NetworkSize,
    drawn_entries,
    drawn_size,
    trained_size,
)
from sparsesim.validation.notes import Figures
from sparsesim.validation.published import load_published
from sparsesim.validation.reference import Progress, Reference
from sparsesim.validation.row import Row


class DeepCompression(Reference):
    """Sizes counted from encoded streams; real weights are compared too where the data folder has them."""

    name: ClassVar[str] = "deep-compression"
    description: ClassVar[str] = "Deep Compression, ICLR 2016: sizes of LeNets, AlexNet and VGG-16; SqueezeNet's stream"
    needs_data: ClassVar[bool] = False

    def __init__(self, data: Path, progress: Progress) -> None:
        super().__init__(data, progress)
        self.published: CompressionRatios = load_published(self.name, CompressionRatios)

    @cached_property
    def sizes(self) -> list[NetworkSize]:
        """Every network under every distribution, and with trained weights where there are any."""
        return [*self._drawn(), *self._trained()]

    @cached_property
    def stream(self) -> tuple[int, int] | None:
        """Bytes of the published stream decoded and encoded anew, without and with Huffman codes."""
        path = self.data.file(self.published.stream.file)
        if path is None:
            return None
        self.progress(self.published.stream.network)
        anew = {
            name: deep_compress(layer.decoded(), layer.codes.bits, layer.gaps.bits, False, layer.biases)
            for name, layer in read_deep_compression(path).items()
        }
        return len(deep_compression_bytes(anew)), sum(layer.coded(True).size_bytes for layer in anew.values())

    def rows(self) -> list[Row]:
        """Ratios with and without Huffman codes, and the size of the stream."""
        rows = []
        for size in self.sizes:
            published = self.published.networks[size.network]
            case = f"{size.network}, {size.weights}"
            ratios = {"P+Q": published.shared_ratio, "P+Q+H": published.coded_ratio}
            for stage, ratio in (ratios | {AT_PUBLISHED_BITS: published.coded_ratio}).items():
                rows.append(self._row(case, f"{stage} ratio", ratio, size.ratio(stage), self.published.source))
        if self.stream:
            known = self.published.stream
            rows.append(self._row(known.network, "stream bytes", known.size_bytes, self.stream[0], known.source))
        return rows

    def cases(self) -> list[dict[str, Any]]:
        """Ratios after every stage, and the bits of an entry."""
        return [
            {
                "network": size.network,
                "weights": size.weights,
                **{stage: round(size.ratio(stage), 2) for stage in ("P", "P+Q", "P+Q+H")},
                "published P+Q": self.published.networks[size.network].shared_ratio,
                "published P+Q+H": self.published.networks[size.network].coded_ratio,
                "padding %": round(100 * (size.sums["entries"] / size.sums["nnz"] - 1), 1),
                "bits a code": round(size.bits("codes"), 2),
                "bits a gap": round(size.bits("gaps"), 2),
                "MB": round(size.sums["P+Q+H"] / 1e6, 3),
            }
            for size in self.sizes
        ]

    def note_figures(self) -> Mapping[str, Sequence[Figures]]:
        """What Huffman codes would save of the stream, and bits in real pruned layers beside drawn ones."""
        stream = [{"saved": 1 - self.stream[1] / self.stream[0]}] if self.stream else []
        return {"stream": stream, "real_layer": list(self._real_layers())}

    def _row(self, case: str, metric: str, published: float, ours: float, source: str) -> Row:
        return Row(self.name, case, metric, published, ours, False, source)

    def _drawn(self) -> Iterator[NetworkSize]:
        for name in self.published.networks:
            for distribution in self.published.distributions:
                self.progress(f"{name}, {distribution} weights")
                yield drawn_size(name, distribution)

    def _trained(self) -> Iterator[NetworkSize]:
        path = self.data.file(self.published.trained.file)
        if path is not None:
            yield trained_size(self.published, path)

    def _real_layers(self) -> Iterator[Figures]:
        """Bits in real pruned layers, and in drawn ones of the same size and density by distribution."""
        known = self.published.pruned
        archive = self.data.file(known.file)
        for name in known.layers if archive else ():
            weight = read_matrix(self.data.root / known.file / f"{name}.mtx").to_array().astype(np.float32)
            real = deep_compress(weight)
            figures = {"layer": name, "density": real.nnz / weight.size} | _bits("real", real)
            for distribution in self.published.distributions:
                random = np.random.default_rng(self.published.seed)
                kept = drawn_entries(random, distribution, weight.size, real.nnz / weight.size)
                figures |= _bits(distribution, compress_entries(weight.shape, *kept))
            yield figures


def _bits(weights: str, layer: DeepCompressed) -> dict[str, Any]:
    """Bits of a code and of a gap in the mean, as figures of a note."""
    return {f"{weights}_code": layer.codes.bits_per_symbol, f"{weights}_gap": layer.gaps.bits_per_symbol}
