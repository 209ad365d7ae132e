"""Network to network: masks, corrected weights, fewer channels, fewer bits. Networks change only here."""

from sparsesim.transforms.compressed import CompressedNetwork
from sparsesim.transforms.deep_compression import deep_compress_network
from sparsesim.transforms.inputs import input_norms
from sparsesim.transforms.low_rank import factorise_network
from sparsesim.transforms.mask import prune_network, pruner_of
from sparsesim.transforms.merge import MergedNetwork, merge_network
from sparsesim.transforms.permute import PermutedNetwork, permute_network
from sparsesim.transforms.quantise import quantise_network
from sparsesim.transforms.sparse_gpt import repair_network

__all__ = [
    "CompressedNetwork",
    "MergedNetwork",
    "PermutedNetwork",
    "deep_compress_network",
    "factorise_network",
    "input_norms",
    "merge_network",
    "permute_network",
    "prune_network",
    "pruner_of",
    "quantise_network",
    "repair_network",
]
