"""From a network to the operations that machines understand: pruning, activations, lowering."""

from sparsesim.workload.activations import Activations
from sparsesim.workload.im2col import im2col
from sparsesim.workload.lowering import lower
from sparsesim.workload.ops import matmul_op, stored_as
from sparsesim.workload.pruned import prune_network
from sparsesim.workload.stream import LoweredLayer, lowered_layers

__all__ = [
    "Activations",
    "LoweredLayer",
    "im2col",
    "lower",
    "lowered_layers",
    "matmul_op",
    "prune_network",
    "stored_as",
]
