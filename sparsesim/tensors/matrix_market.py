"""MatrixMarket text (.mtx): general, symmetric or skew-symmetric, of real or integer values or a bare pattern."""

import io
from typing import Literal

import numpy as np

from sparsesim.errors import InputError
from sparsesim.tensors.sparse_matrix import SparseMatrix

MAX_SIDE = 2**31 - 1
_SHORTEST_LINE = {"coordinate": 4, "array": 2}


def parse_matrix_market(data: bytes, name: str) -> SparseMatrix:
    """The matrix in `data`; error messages begin with `name`.

    Symmetric and skew-symmetric storage is unfolded, duplicates are added, stored zeros dropped, and a pattern
    has no values. Raises InputError for complex values, NaN and anything malformed.
    """
    import scipy.io

    field = _checked_field(data, name)
    try:
        matrix = scipy.io.mmread(io.BytesIO(data))
        if isinstance(matrix, np.ndarray):
            return SparseMatrix.from_dense(matrix)
        if field == "pattern":
            return SparseMatrix.from_coo(_shape(matrix.shape), matrix.row, matrix.col)
        return SparseMatrix.from_coo(_shape(matrix.shape), matrix.row, matrix.col, matrix.data)
    except (ValueError, OverflowError, MemoryError) as error:
        raise InputError(f"{name}: {_one_line(error)}") from error


def print_matrix_market(matrix: SparseMatrix) -> bytes:
    """General coordinate text with 1-based indices, with as many digits as it takes to read values back exactly."""
    import scipy.io
    import scipy.sparse as sp

    field: Literal["pattern", "real"] = "pattern" if matrix.values is None else "real"
    if not matrix.nnz:  # SciPy would call an empty pattern real
        return f"%%MatrixMarket matrix coordinate {field} general\n{matrix.shape[0]} {matrix.shape[1]} 0\n".encode()
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), matrix.row_lengths)
    values = matrix.value_array().astype(np.float64)
    triplets = sp.coo_array((values, (rows, matrix.indices)), shape=matrix.shape)
    text = io.BytesIO()
    scipy.io.mmwrite(text, triplets, field=field, precision=17, symmetry="general")
    return text.getvalue()


def _checked_field(data: bytes, name: str) -> str:
    """The field in the header, after checking that the header makes sense and the data can hold all its entries."""
    import scipy.io

    try:
        rows, columns, entries, layout, field, symmetry = scipy.io.mminfo(io.BytesIO(data))
    except (ValueError, OverflowError) as error:
        raise InputError(f"{name}: {_one_line(error)}") from error
    if field == "complex" or symmetry == "hermitian":
        raise InputError(f"{name}: {field} {symmetry} values cannot be used; real, integer or pattern is needed")
    if max(rows, columns) > MAX_SIDE:
        raise InputError(f"{name}: {rows} x {columns} is larger than {MAX_SIDE} on a side")
    if symmetry != "general" and rows != columns:
        raise InputError(f"{name}: the header says {symmetry}, but the matrix is {rows} x {columns}")
    promised = entries if symmetry == "general" or layout == "coordinate" else rows * (rows - 1) // 2
    if promised * _SHORTEST_LINE[layout] > len(data) + 1:
        raise InputError(f"{name}: the header promises {promised} entries, but the file has only {len(data)} bytes")
    return str(field)


def _shape(shape: tuple[int, ...]) -> tuple[int, int]:
    return int(shape[0]), int(shape[1])


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")
