"""MatrixMarket text (.mtx): general, symmetric or skew-symmetric, of real or integer values or a bare pattern."""

import io
from typing import IO, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import Float64Array
from sparsesim.errors import InputError
from sparsesim.tensors.matrix_market_header import Header, read_header
from sparsesim.tensors.matrix_market_text import EntryLines
from sparsesim.tensors.sparse_matrix import SparseMatrix

_SIGN: Final = {"symmetric": 1.0, "skew-symmetric": -1.0}
_EXACT_SUMS: Final = 2.0**62
"""Larger integers have sums that 64 bits need not hold."""


def parse_matrix_market(stream: IO[bytes], name: str) -> SparseMatrix:
    """The matrix in `stream`, which is read piece by piece; error messages begin with `name`.

    Symmetric and skew-symmetric storage is unfolded, duplicates are added, stored zeros dropped, and a pattern
    has no values. Raises InputError with line and value for complex values, NaN, infinity, text that does not keep
    what its header promises, and a header that promises more than memory allows. SciPy's reader is not used: it drops
    what follows a number ("1.0D5" is 1), and reads beyond the end of text that breaks off within one ("-3e").
    """
    header = read_header(stream, name)
    header.check_memory(name)
    positions, values = EntryLines(header, stream, name).read()
    try:
        if header.layout == "array":
            return SparseMatrix.from_dense(_array(header, values))
        if header.symmetry != "general":
            positions, values = _unfolded(header, positions, values)
        shape = header.rows, header.columns
        return SparseMatrix.from_coo(shape, positions[0], positions[1], _numbers(header, values))
    except (InputError, MemoryError) as error:
        raise InputError(f"{name}: {error}") from error


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


def _unfolded(
    header: Header, positions: NDArray[np.int32], values: Float64Array
) -> tuple[NDArray[np.int32], Float64Array]:
    """With the mirror image of every entry that is not on the diagonal."""
    mirrored = positions[0] != positions[1]
    both = np.concatenate([positions, positions[::-1, mirrored]], axis=1)
    if header.field == "pattern":
        return both, values
    return both, np.concatenate([values, _SIGN[header.symmetry] * values[mirrored]])


def _array(header: Header, values: Float64Array) -> Float64Array:
    """The dense array of values column by column, of a lower triangle where the other one is its mirror image."""
    if header.symmetry == "general":
        return values.reshape(header.columns, header.rows).T
    columns, rows = np.triu_indices(header.rows, 1 if header.symmetry == "skew-symmetric" else 0)
    dense = np.zeros((header.rows, header.columns))
    dense[columns, rows] = _SIGN[header.symmetry] * values
    dense[rows, columns] = values
    return dense


def _numbers(header: Header, values: Float64Array) -> NDArray[Any] | None:
    """The values, as integers where those are to be added exactly."""
    if header.field == "pattern":
        return None
    whole = header.field != "real" and (not values.size or np.abs(values).max() < _EXACT_SUMS)
    return values.astype(np.int64) if whole else values
