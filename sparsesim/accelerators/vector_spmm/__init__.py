"""SpMM kernels on a GPU: each thread block owns a band of rows times a tile of columns and gathers rows of B.

`spec` is the unit; `bands` lists the vectors of every band, `traffic` the bytes between DRAM, L2 and L1, `kernels` the
jitted loops behind both and the time that resident blocks take, and `reference` their definitions.
"""

from sparsesim.accelerators.vector_spmm.spec import VectorSpmm

__all__ = ["VectorSpmm"]
