"""Permutation of input channels before N:M, so that more of the large weights stay."""

from sparsesim.transforms.permute.channels import ChannelPermutation, permute_channels, permuted_pair
from sparsesim.transforms.permute.network import PermutedNetwork, permute_network

__all__ = ["ChannelPermutation", "PermutedNetwork", "permute_channels", "permute_network", "permuted_pair"]
