"""Which weights stand or fall together.

`TilePattern` members form groups of which a selector keeps some; `FixedPattern` members, such as N:M, fix by
themselves how many weights stay.
"""

from sparsesim.pruning.patterns.block import Block
from sparsesim.pruning.patterns.channel import Channel
from sparsesim.pruning.patterns.element import Element
from sparsesim.pruning.patterns.filter import Filter
from sparsesim.pruning.patterns.filter_shape import FilterShape
from sparsesim.pruning.patterns.fixed_pattern import FixedPattern, MatrixPattern
from sparsesim.pruning.patterns.kernel import Kernel
from sparsesim.pruning.patterns.kernel_pattern import KernelPattern
from sparsesim.pruning.patterns.nm import NM
from sparsesim.pruning.patterns.nm_pairs import NMPairs
from sparsesim.pruning.patterns.stride import Stride
from sparsesim.pruning.patterns.tile_pattern import TilePattern
from sparsesim.pruning.patterns.vector import Vector
from sparsesim.pruning.patterns.vnm import VNM

__all__ = [
    "NM",
    "VNM",
    "Block",
    "Channel",
    "Element",
    "Filter",
    "FilterShape",
    "FixedPattern",
    "Kernel",
    "KernelPattern",
    "MatrixPattern",
    "NMPairs",
    "Stride",
    "TilePattern",
    "Vector",
]
