"""A matrix by name, by file, or as users of arrays hold it."""

from pathlib import Path
from typing import Any

import numpy as np

from sparsesim.errors import InputError
from sparsesim.tensors.conversions import plain_array
from sparsesim.tensors.dense_matrix import DenseMatrix, DrawnMatrix, Tensor, tensor_from_array
from sparsesim.tensors.files import read_matrix
from sparsesim.tensors.sparse_matrix import SparseMatrix


def as_tensor(given: Any) -> Tensor:
    """A matrix as it is, one by name or path (see `read_matrix`), a 2-D array or list, or any SciPy sparse matrix.

    An array without zeros becomes a DenseMatrix. Raises InputError as `read_matrix` does, and for other objects.
    """
    if isinstance(given, SparseMatrix | DenseMatrix | DrawnMatrix):
        return given
    if isinstance(given, str | Path):
        return read_matrix(given)
    if hasattr(given, "tocsr"):
        return SparseMatrix.from_scipy(given)
    if isinstance(given, np.ndarray | list | tuple):
        return tensor_from_array(plain_array(given))
    raise InputError(f"a matrix, its name or a path is needed, found {type(given).__name__}")
