"""Deep Compression as a method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sparsesim.networks import Network
from sparsesim.transforms.deep_compression.network import deep_compress_network
from sparsesim.transforms.method import LayerInputs, Method
from sparsesim.transforms.transformed import Transformed

DEEP_COMPRESSION = "deep-compression"


@dataclass(frozen=True)
class DeepCompression(Method):
    """Shared weights behind codes, on a network that was pruned before; the options are those of `deep_compress`."""

    conv_bits: int = 8
    linear_bits: int = 5
    index_bits: int = 4
    huffman: bool = True

    forms: ClassVar[Mapping[str, str]] = {
        DEEP_COMPRESSION: "let weights share a few values, stored as codes with relative indices"
    }
    examples: ClassVar[tuple[str, ...]] = (DEEP_COMPRESSION,)

    @classmethod
    def named(cls, text: str, amounts: Mapping[str, Any]) -> Self:
        """It has one name."""
        return cls._of(text, amounts)

    @property
    def name(self) -> str:
        """The only one."""
        return DEEP_COMPRESSION

    def describe(self) -> str:
        """The rule in words."""
        codes = f"codes of {self.conv_bits} bits in convolutions and {self.linear_bits} elsewhere"
        return f"Deep Compression: {codes}, gaps of {self.index_bits} bits" + (", Huffman" if self.huffman else "")

    def _applied(self, network: Network, inputs: LayerInputs | None) -> Transformed:
        found = deep_compress_network(network, self.conv_bits, self.linear_bits, self.index_bits, self.huffman)
        return Transformed(found.network, self.describe(), rows=found.rows, totals=found.totals)
