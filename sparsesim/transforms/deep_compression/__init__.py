"""Deep Compression: shared weights, relative indices and Huffman codes (S. Han, H. Mao, W. Dally, ICLR 2016)."""

from sparsesim.transforms.deep_compression.arrays import DeepCompressed, compress_entries, deep_compress
from sparsesim.transforms.deep_compression.network import deep_compress_network
from sparsesim.transforms.deep_compression.published_file import (
    deep_compression_bytes,
    read_deep_compression,
    squeezenet_shapes,
)

__all__ = [
    "DeepCompressed",
    "compress_entries",
    "deep_compress",
    "deep_compress_network",
    "deep_compression_bytes",
    "read_deep_compression",
    "squeezenet_shapes",
]
