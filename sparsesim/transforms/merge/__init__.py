"""Merging of similar neurons, without data (S. Srinivas, R. Babu, BMVC 2015)."""

from sparsesim.transforms.merge.network import MergedNetwork, merge_network
from sparsesim.transforms.merge.neurons import MergedNeurons, merge_similar

__all__ = ["MergedNetwork", "MergedNeurons", "merge_network", "merge_similar"]
