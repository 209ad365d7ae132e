"""SparseGPT: masks, and weights that make up for what was dropped (E. Frantar, D. Alistarh, ICML 2023)."""

from sparsesim.transforms.sparse_gpt.network import repair_network
from sparsesim.transforms.sparse_gpt.weights import Corrected, input_hessian, sparse_gpt

__all__ = ["Corrected", "input_hessian", "repair_network", "sparse_gpt"]
