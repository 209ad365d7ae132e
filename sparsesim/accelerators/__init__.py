"""Compute units. Each is one file or folder with a Spec class offering `plan` and `execute`; the union is the registry.

The units fall into families: dense and structured tensor cores (`tensor_core/`), an array of multipliers under one
shared memory (`mac_array/`), SpMM and SpMV kernels on a GPU (`vector_spmm/`, `gather_spmv/`), library kernels on a CPU
or GPU (`processor`), and SpArch (`condensed_outer_product/`). `interface` is what all implement; `autotuned` and
`unpacking` add what a few need. Everything else is a helper: `arithmetic` (exact shares, keys), `groups` (grouped
products one by one), `memories` (descriptions of SRAM), `scaling` (what grows with a unit), `kernels` (jitted loops)
and `reference` (what tests hold these loops against).
"""

from sparsesim.accelerators.autotuned import Autotuned, candidates_of
from sparsesim.accelerators.condensed_outer_product import CondensedOuterProduct
from sparsesim.accelerators.gather_spmv import GatherSpmv
from sparsesim.accelerators.interface import Accelerator
from sparsesim.accelerators.mac_array import MacArray
from sparsesim.accelerators.memories import Sram
from sparsesim.accelerators.processor import Processor
from sparsesim.accelerators.scaling import Scaling
from sparsesim.accelerators.tensor_core import SparseTensorCore, TensorCore
from sparsesim.accelerators.vector_spmm import VectorSpmm

AcceleratorSpec = TensorCore | SparseTensorCore | CondensedOuterProduct | Processor | MacArray | VectorSpmm | GatherSpmv

__all__ = [
    "Accelerator",
    "AcceleratorSpec",
    "Autotuned",
    "CondensedOuterProduct",
    "GatherSpmv",
    "MacArray",
    "Processor",
    "Scaling",
    "SparseTensorCore",
    "Sram",
    "TensorCore",
    "VectorSpmm",
    "candidates_of",
]
