"""Quantisation: weights in fewer bits."""

from sparsesim.transforms.quantise.arrays import QUANTISED_TYPES, Quantised, quantise
from sparsesim.transforms.quantise.network import quantise_network

__all__ = ["QUANTISED_TYPES", "Quantised", "quantise", "quantise_network"]
