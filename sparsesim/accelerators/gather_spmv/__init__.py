"""SpMV kernels on a GPU, for layers that see one token: every stored entry gathers one element of x.

`spec` is the unit; `rows` counts what each row stores and gathers, `steps` cuts the product into steps, `kernels` holds
the jitted loops behind both and `reference` their definitions.
"""

from sparsesim.accelerators.gather_spmv.rows import Rows
from sparsesim.accelerators.gather_spmv.spec import GatherSpmv, Traffic

__all__ = ["GatherSpmv", "Rows", "Traffic"]
