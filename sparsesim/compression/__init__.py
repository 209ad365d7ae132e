"""Compression beyond pruning: fewer bits, low rank, shared weights. Arrays in, arrays and exact sizes out."""

from sparsesim.compression.clusters import shared_values
from sparsesim.compression.deep_compression import DeepCompressed, compress_entries, deep_compress
from sparsesim.compression.deep_file import deep_compression_bytes, read_deep_compression, squeezenet_shapes
from sparsesim.compression.huffman import SymbolStream, code_lengths, encode_symbols
from sparsesim.compression.loss import Loss, loss_of
from sparsesim.compression.low_rank import LowRank, low_rank, saving_rank
from sparsesim.compression.quantise import VALUE_TYPES, Quantised, quantise

__all__ = [
    "VALUE_TYPES",
    "DeepCompressed",
    "Loss",
    "LowRank",
    "Quantised",
    "SymbolStream",
    "code_lengths",
    "compress_entries",
    "deep_compress",
    "deep_compression_bytes",
    "encode_symbols",
    "loss_of",
    "low_rank",
    "quantise",
    "read_deep_compression",
    "saving_rank",
    "shared_values",
    "squeezenet_shapes",
]
