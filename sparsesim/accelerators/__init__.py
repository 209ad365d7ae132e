"""Compute units: each file or folder one Spec with `plan` and `execute`. The union below is the registry."""

from sparsesim.accelerators.autotuned import Autotuned, candidates_of
from sparsesim.accelerators.condensed_outer_product import CondensedOuterProduct
from sparsesim.accelerators.interface import Accelerator
from sparsesim.accelerators.mac_array import MacArray
from sparsesim.accelerators.memories import Sram
from sparsesim.accelerators.patterned import OnViolation, Patterned
from sparsesim.accelerators.processor import Processor
from sparsesim.accelerators.sparse_tensor_core import SparseTensorCore
from sparsesim.accelerators.tensor_core import TensorCore
from sparsesim.accelerators.vector_spmm import VectorSpmm

AcceleratorSpec = TensorCore | SparseTensorCore | CondensedOuterProduct | Processor | MacArray | VectorSpmm

__all__ = [
    "Accelerator",
    "AcceleratorSpec",
    "Autotuned",
    "CondensedOuterProduct",
    "MacArray",
    "OnViolation",
    "Patterned",
    "Processor",
    "SparseTensorCore",
    "Sram",
    "TensorCore",
    "VectorSpmm",
    "candidates_of",
]
