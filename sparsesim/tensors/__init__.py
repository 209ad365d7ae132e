"""Matrices: the canonical CSR `SparseMatrix`, lazily drawn tensors, readers, writers and generators."""

from sparsesim.tensors.dense_matrix import DenseMatrix, DrawnMatrix, Tensor, tensor_from_array
from sparsesim.tensors.files import matrix_members, read_matrix, write_matrix
from sparsesim.tensors.generators import banded, block, drawn_nm, nm, rmat, uniform
from sparsesim.tensors.given import as_tensor
from sparsesim.tensors.patterns import LOCATED, Violation, block_violation, group_violation, pair_violation
from sparsesim.tensors.shipped_matrices import matrix_names, matrix_record
from sparsesim.tensors.sparse_matrix import SparseMatrix

__all__ = [
    "LOCATED",
    "DenseMatrix",
    "DrawnMatrix",
    "SparseMatrix",
    "Tensor",
    "Violation",
    "as_tensor",
    "banded",
    "block",
    "block_violation",
    "drawn_nm",
    "group_violation",
    "matrix_members",
    "matrix_names",
    "matrix_record",
    "nm",
    "pair_violation",
    "read_matrix",
    "rmat",
    "tensor_from_array",
    "uniform",
    "write_matrix",
]
