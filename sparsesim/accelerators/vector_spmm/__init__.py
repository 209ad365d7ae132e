"""SpMM kernels of a GPU: thread blocks own a row of vectors times a tile of columns and gather rows of B."""

from sparsesim.accelerators.vector_spmm.spec import VectorSpmm

__all__ = ["VectorSpmm"]
