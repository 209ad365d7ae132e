"""Compute units: each file one Spec with `plan` and `execute`. The union below is the registry."""

from sparsesim.accelerators.base import Accelerator, Sram
from sparsesim.accelerators.condensed_outer_product import CondensedOuterProduct
from sparsesim.accelerators.mac_array import MacArray
from sparsesim.accelerators.processor import Processor
from sparsesim.accelerators.sparse_tensor_core import SparseTensorCore
from sparsesim.accelerators.tensor_core import TensorCore
from sparsesim.accelerators.vector_spmm import VectorSpmm

AcceleratorSpec = TensorCore | SparseTensorCore | CondensedOuterProduct | Processor | MacArray | VectorSpmm

__all__ = [
    "Accelerator",
    "AcceleratorSpec",
    "CondensedOuterProduct",
    "MacArray",
    "Processor",
    "SparseTensorCore",
    "Sram",
    "TensorCore",
    "VectorSpmm",
]
