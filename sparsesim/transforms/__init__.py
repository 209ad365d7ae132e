"""Network to network: masks, corrected weights, fewer channels, fewer bits. Networks change only here."""

from sparsesim.transforms.compressed import CompressedNetwork
from sparsesim.transforms.deep_compression import deep_compress_network
from sparsesim.transforms.figures import MaskFigures, mask_figures
from sparsesim.transforms.inputs import input_norms
from sparsesim.transforms.low_rank import factorise_network
from sparsesim.transforms.mask import Mask, prune_network
from sparsesim.transforms.merge import MergedNetwork, merge_network
from sparsesim.transforms.method import LayerInputs, Method
from sparsesim.transforms.permute import PermutedNetwork, permute_network
from sparsesim.transforms.quantise import quantise_network
from sparsesim.transforms.registry import (
    METHODS,
    as_method,
    as_methods,
    described_method,
    method_by_name,
    takes_sparsity,
)
from sparsesim.transforms.shrink import remove_channels
from sparsesim.transforms.sparse_gpt import repair_network
from sparsesim.transforms.transformed import Transformed

__all__ = [
    "METHODS",
    "CompressedNetwork",
    "LayerInputs",
    "Mask",
    "MaskFigures",
    "MergedNetwork",
    "Method",
    "PermutedNetwork",
    "Transformed",
    "as_method",
    "as_methods",
    "deep_compress_network",
    "described_method",
    "factorise_network",
    "input_norms",
    "mask_figures",
    "merge_network",
    "method_by_name",
    "permute_network",
    "prune_network",
    "quantise_network",
    "remove_channels",
    "repair_network",
    "takes_sparsity",
]
