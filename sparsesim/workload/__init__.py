"""From a network to the operations that machines understand: pruning, activations, lowering."""

from sparsesim.workload.activations import Activations
from sparsesim.workload.compressed import (
    CompressedNetwork,
    deep_compress_network,
    factorise_network,
    quantise_network,
)
from sparsesim.workload.im2col import im2col
from sparsesim.workload.lowering import lower
from sparsesim.workload.ops import matmul_op, stored_as
from sparsesim.workload.pruned import prune_network

__all__ = [
    "Activations",
    "CompressedNetwork",
    "deep_compress_network",
    "factorise_network",
    "im2col",
    "lower",
    "matmul_op",
    "prune_network",
    "quantise_network",
    "stored_as",
]
