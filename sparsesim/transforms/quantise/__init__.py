"""Quantisation: weights in fewer bits."""

from sparsesim.transforms.quantise.arrays import VALUE_TYPES, Quantised, quantise
from sparsesim.transforms.quantise.network import quantise_network

__all__ = ["VALUE_TYPES", "Quantised", "quantise", "quantise_network"]
