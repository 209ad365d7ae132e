"""From a network to the operations that machines understand: pruning, activations, lowering."""

from sparsesim.workload.activations import Activations
from sparsesim.workload.im2col import col2im, im2col
from sparsesim.workload.input_norms import input_norms
from sparsesim.workload.lowering import lower, lower_layer
from sparsesim.workload.ops import matmul_op, stored_as
from sparsesim.workload.pruned import prune_network

__all__ = [
    "Activations",
    "col2im",
    "im2col",
    "input_norms",
    "lower",
    "lower_layer",
    "matmul_op",
    "prune_network",
    "stored_as",
]
