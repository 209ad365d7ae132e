"""Dense matrices in `.npy` files."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.tensors.sparse_matrix import SparseMatrix

_REAL = "fiub"


def parse_npy(data: bytes, name: str) -> SparseMatrix:
    """The matrix [rows, columns] in `data`; nothing pickled is ever loaded.

    Raises InputError, with `name` in front, for anything malformed and for any other array.
    """
    try:
        array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise InputError(f"{name}: not a readable .npy file ({' '.join(str(error).split())})") from error
    return matrix_of(array, name)


def matrix_of(array: NDArray[Any], name: str) -> SparseMatrix:
    """The non-zeros of a 2-D array of finite real numbers; InputError, with `name` in front, for any other."""
    if array.dtype.kind not in _REAL:
        raise InputError(f"{name}: an array of {array.dtype}, where real numbers are needed")
    if array.ndim != 2:
        column = f"; store a vector as {array.size} x 1" if array.ndim == 1 else ""
        raise InputError(f"{name}: an array {list(array.shape)}, where a matrix [rows, columns] is needed{column}")
    try:
        return SparseMatrix.from_dense(array)
    except (InputError, MemoryError) as error:
        raise InputError(f"{name}: {error}") from error
