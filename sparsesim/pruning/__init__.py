"""Pruning: which weights of an array stay, as boolean masks (True = kept).

A pruner is a criterion (how important a group of weights is) x a pattern (which weights stand or fall together) x a
selector (how many groups are dropped). Arrays in, masks out: networks, formats and machines are unknown here.
"""

from sparsesim.pruning.criteria import CRITERIA, Criterion, criterion_by_name, input_norm
from sparsesim.pruning.matrix_view import from_matrix, to_matrix
from sparsesim.pruning.patterns import (
    NM,
    VNM,
    Block,
    Channel,
    Element,
    Filter,
    FilterShape,
    FixedPattern,
    Kernel,
    KernelPattern,
    NMPairs,
    Stride,
    TilePattern,
    Vector,
)
from sparsesim.pruning.pruner import Pruner
from sparsesim.pruning.registry import PRUNERS, PrunerFamily, pruner_by_name, takes_sparsity
from sparsesim.pruning.selectors import (
    ByERK,
    ByLAMP,
    ByLayer,
    BySigma,
    BySparsity,
    ByThreshold,
    Candidates,
    RoundedUp,
    Selector,
)
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
    "from_matrix",
    "input_norm",
    "mask_statistics",
    "network_statistics",
    "pruner_by_name",
    "takes_sparsity",
    "to_matrix",
    "total_statistics",
]
