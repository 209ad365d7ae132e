"""Pruning: which weights of an array stay, as boolean masks (True = kept).

A pruner is a criterion (how important a group of weights is) x a pattern (which weights stand or fall together) x a
selector (how many groups go). Arrays in, masks out: networks, formats and machines are unknown here.
"""

from sparsesim.pruning.block import Block
from sparsesim.pruning.channel import Channel
from sparsesim.pruning.criteria import CRITERIA, Criterion
from sparsesim.pruning.element import Element
from sparsesim.pruning.filter import Filter
from sparsesim.pruning.fixed import FixedPattern
from sparsesim.pruning.kernel import Kernel
from sparsesim.pruning.lowering import lift, lower
from sparsesim.pruning.nm import NM
from sparsesim.pruning.nm_pairs import NMPairs
from sparsesim.pruning.permutation import ChannelPermutation, permute_channels, permuted_pair
from sparsesim.pruning.pruner import Pruner
from sparsesim.pruning.registry import PRUNERS, PrunerFamily, pruner_by_name
from sparsesim.pruning.selectors import BySigma, BySparsity, ByThreshold
from sparsesim.pruning.similarity import MergedNeurons, merge_similar
from sparsesim.pruning.sparse_gpt import Repaired, input_hessian, sparse_gpt
from sparsesim.pruning.statistics import MaskStatistics, mask_statistics
from sparsesim.pruning.tiles import TilePattern
from sparsesim.pruning.vector import Vector
from sparsesim.pruning.vnm import VNM

__all__ = [
    "CRITERIA",
    "NM",
    "PRUNERS",
    "VNM",
    "Block",
    "BySigma",
    "BySparsity",
    "ByThreshold",
    "Channel",
    "ChannelPermutation",
    "Criterion",
    "Element",
    "Filter",
    "FixedPattern",
    "Kernel",
    "MaskStatistics",
    "MergedNeurons",
    "NMPairs",
    "Pruner",
    "PrunerFamily",
    "Repaired",
    "TilePattern",
    "Vector",
    "input_hessian",
    "lift",
    "lower",
    "mask_statistics",
    "merge_similar",
    "permute_channels",
    "permuted_pair",
    "pruner_by_name",
    "sparse_gpt",
]
