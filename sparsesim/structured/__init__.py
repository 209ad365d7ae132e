"""Structured pruning that shrinks networks: channels, neurons and heads go with everything that depends on them."""

from sparsesim.structured.groups import Dependencies, Group, Member, dependencies, dependency_groups
from sparsesim.structured.importance import AGGREGATIONS
from sparsesim.structured.shrink import Removal, Shrunk, remove_channels, zero_channels
from sparsesim.structured.transformer import shrink_transformer, transformer_blocks

__all__ = [
    "AGGREGATIONS",
    "Dependencies",
    "Group",
    "Member",
    "Removal",
    "Shrunk",
    "dependencies",
    "dependency_groups",
    "remove_channels",
    "shrink_transformer",
    "transformer_blocks",
    "zero_channels",
]
