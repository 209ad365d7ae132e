"""Low rank: layers as two smaller ones."""

from sparsesim.transforms.low_rank.arrays import LowRank, low_rank, saving_rank
from sparsesim.transforms.low_rank.network import factorise_network

__all__ = ["LowRank", "factorise_network", "low_rank", "saving_rank"]
