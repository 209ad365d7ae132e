"""What is published about Deep Compression, as `models/validation/deep-compression.yaml` describes it."""

from collections.abc import Mapping

from sparsesim.networks import Layer
from sparsesim.quantities import Figure, WholeFigure
from sparsesim.validation.published import PublishedValues
from sparsesim.yaml_file import Description


class NetworkRatios(Description):
    """Ratios of fp32 to compressed size, and how they were reached.

    `coded_bits` are the bits of a code and of a gap after Huffman coding, by layer.
    """

    shared_ratio: Figure
    coded_ratio: Figure
    conv_bits: WholeFigure
    linear_bits: WholeFigure
    index_bits: WholeFigure
    densities: Mapping[str, Figure]
    coded_bits: Mapping[str, tuple[Figure, Figure]]

    def bits(self, layer: Layer) -> int:
        """Bits of a code in this layer."""
        return self.conv_bits if layer.kind == "conv2d" else self.linear_bits


class RealFile(Description):
    """Real weights in the data folder."""

    network: str = ""
    file: str
    source: str
    size_bytes: WholeFigure = 0
    layers: tuple[str, ...] = ()


class CompressionRatios(PublishedValues):
    """Everything that is compared."""

    source: str
    seed: WholeFigure
    distributions: tuple[str, ...]
    networks: Mapping[str, NetworkRatios]
    trained: RealFile
    stream: RealFile
    pruned: RealFile
