"""Tensor cores of GPUs as GEMM libraries drive them.

`tiling` finds the tilings worth trying and the cycles of each, `traffic` (with `kernels`) which bytes come from DRAM,
`dense` puts both into a schedule, and `sparse` is the same unit with the kernels of structured operands.
"""

from sparsesim.accelerators.tensor_core.dense import TensorCore
from sparsesim.accelerators.tensor_core.sparse import SparseTensorCore

__all__ = ["SparseTensorCore", "TensorCore"]
