"""SpArch-style outer product: condensed columns, a merge tree, a Huffman scheduler and a row prefetcher for B."""

from sparsesim.accelerators.condensed_outer_product.spec import CondensedOuterProduct

__all__ = ["CondensedOuterProduct"]
