"""Structured pruning that shrinks networks: channels, neurons and heads go with everything that depends on them."""

from sparsesim.transforms.shrink.channels import Removal, Shrunk, remove_channels, zero_channels
from sparsesim.transforms.shrink.groups import Dependencies, Group, Member, dependencies, dependency_groups
from sparsesim.transforms.shrink.importance import AGGREGATIONS
from sparsesim.transforms.shrink.transformer import shrink_transformer, transformer_blocks

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
