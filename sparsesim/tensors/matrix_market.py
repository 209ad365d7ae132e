"""MatrixMarket text (.mtx): general, symmetric or skew-symmetric, of real or integer values or a bare pattern."""

import io
from typing import IO, Any, Literal, cast

import numpy as np

from sparsesim.errors import InputError
from sparsesim.tensors.matrix_market_header import Header, read_header
from sparsesim.tensors.matrix_market_text import CheckedLines
from sparsesim.tensors.sparse_matrix import SparseMatrix


def parse_matrix_market(stream: IO[bytes], name: str) -> SparseMatrix:
    """The matrix in `stream`, which is read piece by piece; error messages begin with `name`.

    Symmetric and skew-symmetric storage is unfolded, duplicates are added, stored zeros dropped, and a pattern
    has no values. Raises InputError with line and value for complex values, NaN, infinity, text that does not keep
    what its header promises, and a header that promises more than memory allows.
    """
    header = read_header(stream, name)
    header.check_memory(name)
    text = CheckedLines(header, stream, name)
    parsed = _parsed(text, name)
    try:
        return _matrix(header, parsed, text.non_zeros)
    except (InputError, MemoryError) as error:
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


def _parsed(text: CheckedLines, name: str) -> Any:
    """What SciPy makes of the lines; it unfolds what is symmetric."""
    import scipy.io

    try:
        parsed = scipy.io.mmread(cast(IO[bytes], text))
    except (ValueError, OverflowError) as error:
        text.finish()  # it knows better what is wrong with which line
        raise InputError(f"{name}: {_one_line(error)}") from error
    text.finish()
    return parsed


def _matrix(header: Header, parsed: Any, non_zeros: int) -> SparseMatrix:
    """The matrix of what was parsed; `non_zeros` of the values in the text are not written as zero."""
    if header.layout == "array":
        stored = parsed if header.symmetry == "general" else np.tril(parsed)
    else:
        stored = parsed.data[: header.entries]  # what SciPy unfolds comes behind
    if header.field != "pattern" and np.count_nonzero(stored) < non_zeros:
        raise InputError("value: some are too small for 64-bit floats and would become zero")
    if header.layout == "array":
        return SparseMatrix.from_dense(parsed)
    values = None if header.field == "pattern" else parsed.data
    return SparseMatrix.from_coo((header.rows, header.columns), parsed.row, parsed.col, values)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")
