"""Sparsity patterns of the Deep Learning Matrix Collection (.smtx; T. Gale et al., SC 2020)."""

from typing import IO, Final

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.tensors.conversions import checked_shape
from sparsesim.tensors.integer_text import IntegerText
from sparsesim.tensors.sparse_matrix import SparseMatrix

_NUMBER_BYTES: Final = 16
"""Peak per number: as read, and as part of the matrix."""


def parse_smtx(stream: IO[bytes], name: str) -> SparseMatrix:
    """The pattern in `stream`: "rows, cols, nnz", then rows + 1 row offsets, then nnz columns, all 0-based.

    Numbers may be separated by commas, spaces or line ends; lines that start with % are comments. Raises
    InputError, with `name` in front, for anything malformed and for more than one input may take.
    """
    text = IntegerText(stream, name)
    header = text.next(3)
    if len(header) < 3 or header.min() < 0:
        raise InputError(f"{name}: no header; the first line must hold rows, columns and non-zeros")
    rows, columns, nnz = (int(number) for number in header)
    needed = rows + 1 + nnz
    check_memory(f"{name}: a {rows} x {columns} matrix of {nnz} entries", _NUMBER_BYTES * needed)
    try:
        shape, numbers = checked_shape((rows, columns)), text.next(needed)
        if len(numbers) < needed or text.more():
            found = len(numbers) if len(numbers) < needed else "more"
            raise InputError(
                f"the header promises {rows + 1} row offsets and {nnz} columns, "
                f"that is {needed} numbers, but {found} follow"
            )
        return SparseMatrix.from_csr(shape, numbers[: rows + 1], numbers[rows + 1 :])
    except (InputError, MemoryError) as error:
        raise error if str(error).startswith(name) else InputError(f"{name}: {error}") from error


def print_smtx(matrix: SparseMatrix) -> bytes:
    """The three lines of a pattern. Raises InputError for a matrix with values: the format has no room for them."""
    if matrix.values is not None:
        raise InputError("an .smtx file holds no values; write matrix.pattern(), or choose .mtx or .npz")
    header = f"{matrix.shape[0]}, {matrix.shape[1]}, {matrix.nnz}"
    lines = [header, *(" ".join(map(str, array.tolist())) for array in (matrix.indptr, matrix.indices))]
    return ("\n".join(lines) + "\n").encode("ascii")
