"""From a network to the operations that machines understand: pruning, activations, lowering."""

from sparsesim.workload.activations import Activations
from sparsesim.workload.compressed import (
    CompressedNetwork,
    deep_compress_network,
    factorise_network,
    quantise_network,
)
from sparsesim.workload.im2col import col2im, im2col
from sparsesim.workload.input_norms import input_norms
from sparsesim.workload.lowering import lower, lower_layer
from sparsesim.workload.merged import MergedNetwork, merge_network
from sparsesim.workload.ops import matmul_op, stored_as
from sparsesim.workload.permuted import PermutedNetwork, permute_network
from sparsesim.workload.pruned import prune_network, pruner_of
from sparsesim.workload.repaired import repair_network
from sparsesim.workload.stream import LoweredLayer, lowered_layers

__all__ = [
    "Activations",
    "CompressedNetwork",
    "LoweredLayer",
    "MergedNetwork",
    "PermutedNetwork",
    "col2im",
    "deep_compress_network",
    "factorise_network",
    "im2col",
    "input_norms",
    "lower",
    "lower_layer",
    "lowered_layers",
    "matmul_op",
    "merge_network",
    "permute_network",
    "prune_network",
    "pruner_of",
    "quantise_network",
    "repair_network",
    "stored_as",
]
