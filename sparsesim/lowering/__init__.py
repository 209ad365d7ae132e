"""From a network to the operations that machines understand, and what its layers read."""

from sparsesim.lowering.activations import Activations
from sparsesim.lowering.layers import lower, lower_layer
from sparsesim.lowering.options import Lowering
from sparsesim.lowering.removal import stored_as, without_empty
from sparsesim.lowering.stream import LoweredLayer, check_activations, lowered_layers

__all__ = [
    "Activations",
    "LoweredLayer",
    "Lowering",
    "check_activations",
    "lower",
    "lower_layer",
    "lowered_layers",
    "stored_as",
    "without_empty",
]
