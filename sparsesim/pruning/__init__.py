"""Pruning: which weights of an array stay, as boolean masks (True = kept).

A pruner is a criterion (how important a group of weights is) x a pattern (which weights stand or fall together) x a
selector (how many groups go). Arrays in, masks out: networks, formats and machines are unknown here.
"""

from sparsesim.pruning.criteria.group_scores import CRITERIA, Criterion, criterion_by_name
from sparsesim.pruning.criteria.weight_scores import input_norm
from sparsesim.pruning.patterns.block import Block
from sparsesim.pruning.patterns.channel import Channel
from sparsesim.pruning.patterns.element import Element
from sparsesim.pruning.patterns.filter import Filter
from sparsesim.pruning.patterns.filter_shape import FilterShape
from sparsesim.pruning.patterns.fixed import FixedPattern
from sparsesim.pruning.patterns.kernel import Kernel
from sparsesim.pruning.patterns.kernel_pattern import KernelPattern
from sparsesim.pruning.patterns.matrix_view import lift, lower
from sparsesim.pruning.patterns.nm import NM
from sparsesim.pruning.patterns.nm_pairs import NMPairs
from sparsesim.pruning.patterns.stride import Stride
from sparsesim.pruning.patterns.tiles import TilePattern
from sparsesim.pruning.patterns.vector import Vector
from sparsesim.pruning.patterns.vnm import VNM
from sparsesim.pruning.pruner import Pruner
from sparsesim.pruning.registry import PRUNERS, PrunerFamily, pruner_by_name
from sparsesim.pruning.selectors.amounts import BySigma, BySparsity, ByThreshold
from sparsesim.pruning.selectors.base import Candidates, Selector
from sparsesim.pruning.selectors.by_layer import ByLayer
from sparsesim.pruning.selectors.erk import ByERK
from sparsesim.pruning.selectors.lamp import ByLAMP
from sparsesim.pruning.selectors.rounded_up import RoundedUp
from sparsesim.pruning.statistics import (
    Balance,
    MaskStatistics,
    TotalStatistics,
    mask_statistics,
    network_statistics,
    total_statistics,
)

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
    "Criterion",
    "Element",
    "Filter",
    "FilterShape",
    "FixedPattern",
    "Kernel",
    "KernelPattern",
    "MaskStatistics",
    "NMPairs",
    "Pruner",
    "PrunerFamily",
    "RoundedUp",
    "Selector",
    "Stride",
    "TilePattern",
    "TotalStatistics",
    "Vector",
    "criterion_by_name",
    "input_norm",
    "lift",
    "lower",
    "mask_statistics",
    "network_statistics",
    "pruner_by_name",
    "total_statistics",
]
