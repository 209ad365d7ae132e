"""Masks: the weights that a pruner keeps; dense weights stay, so that masks can be undone and combined."""

from sparsesim.transforms.mask.method import Mask
from sparsesim.transforms.mask.network import PUBLISHED, prune_layer, prune_network

__all__ = ["PUBLISHED", "Mask", "prune_layer", "prune_network"]
