"""Pruning: which weights of an array stay, as boolean masks (True = kept).

A pruner is a criterion (how important a group of weights is) x a pattern (which weights stand or fall together) x a
selector (how many groups go). Arrays in, masks out: networks, formats and machines are unknown here.
"""

from sparsesim.pruning.block import Block
from sparsesim.pruning.by_layer import ByLayer
from sparsesim.pruning.candidates import Candidates, Selector
from sparsesim.pruning.channel import Channel
from sparsesim.pruning.criteria import CRITERIA, Criterion, criterion_by_name
from sparsesim.pruning.element import Element
from sparsesim.pruning.erk import ByERK
from sparsesim.pruning.filter import Filter
from sparsesim.pruning.filter_shape import FilterShape
from sparsesim.pruning.fixed import FixedPattern
from sparsesim.pruning.importance import input_norm
from sparsesim.pruning.kernel import Kernel
from sparsesim.pruning.kernel_pattern import KernelPattern
from sparsesim.pruning.lamp import ByLAMP
from sparsesim.pruning.lowering import lift, lower
from sparsesim.pruning.nm import NM
from sparsesim.pruning.nm_pairs import NMPairs
from sparsesim.pruning.permutation import ChannelPermutation, permute_channels, permuted_pair
from sparsesim.pruning.pruner import Pruner
from sparsesim.pruning.registry import PRUNERS, PrunerFamily, pruner_by_name
from sparsesim.pruning.rounding import RoundedUp
from sparsesim.pruning.selectors import BySigma, BySparsity, ByThreshold
from sparsesim.pruning.similarity import MergedNeurons, merge_similar
from sparsesim.pruning.sparse_gpt import Repaired, input_hessian, sparse_gpt
from sparsesim.pruning.statistics import (
    Balance,
    MaskStatistics,
    TotalStatistics,
    mask_statistics,
    network_statistics,
    total_statistics,
)
from sparsesim.pruning.stride import Stride
from sparsesim.pruning.tiles import TilePattern
from sparsesim.pruning.vector import Vector
from sparsesim.pruning.vnm import VNM

__all__ = [
    "CRITERIA",
    "NM",
    "PRUNERS",
    "VNM",
    "Balance",
    "Block",
    "ByERK",
    "ByLAMP",
    "ByLayer",
    "BySigma",
    "BySparsity",
    "ByThreshold",
    "Candidates",
    "Channel",
    "ChannelPermutation",
    "Criterion",
    "Element",
    "Filter",
    "FilterShape",
    "FixedPattern",
    "Kernel",
    "KernelPattern",
    "MaskStatistics",
    "MergedNeurons",
    "NMPairs",
    "Pruner",
    "PrunerFamily",
    "Repaired",
    "RoundedUp",
    "Selector",
    "Stride",
    "TilePattern",
    "TotalStatistics",
    "Vector",
    "criterion_by_name",
    "input_hessian",
    "input_norm",
    "lift",
    "lower",
    "mask_statistics",
    "merge_similar",
    "network_statistics",
    "permute_channels",
    "permuted_pair",
    "pruner_by_name",
    "sparse_gpt",
    "total_statistics",
]
