"""Sparsity patterns of the Deep Learning Matrix Collection (.smtx; T. Gale et al., SC 2020)."""

import warnings

import numpy as np

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError
from sparsesim.tensors.sparse_matrix import SparseMatrix


def parse_smtx(data: bytes, name: str) -> SparseMatrix:
    """The pattern in `data`: "rows, cols, nnz", then rows + 1 row offsets, then nnz columns, all 0-based.

    Numbers may be separated by commas, spaces or line ends; lines that start with % are comments. Raises
    InputError, with `name` in front, for anything malformed.
    """
    numbers = _numbers(data, name)
    if len(numbers) < 3 or numbers[:3].min() < 0:
        raise InputError(f"{name}: no header; the first line must hold rows, columns and non-zeros")
    rows, columns, nnz = (int(number) for number in numbers[:3])
    found = len(numbers) - 3
    if found != rows + 1 + nnz:
        raise InputError(
            f"{name}: the header promises {rows + 1} row offsets and {nnz} columns, "
            f"that is {rows + 1 + nnz} numbers, but {found} follow"
        )
    offsets, indices = numbers[3 : rows + 4], numbers[rows + 4 :]
    try:
        return SparseMatrix.from_csr((rows, columns), offsets, indices)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def print_smtx(matrix: SparseMatrix) -> bytes:
    """The three lines of a pattern. Raises InputError for a matrix with values: the format has no room for them."""
    if matrix.values is not None:
        raise InputError("an .smtx file holds no values; write matrix.pattern(), or choose .mtx or .npz")
    header = f"{matrix.shape[0]}, {matrix.shape[1]}, {matrix.nnz}"
    lines = [header, *(" ".join(map(str, array.tolist())) for array in (matrix.indptr, matrix.indices))]
    return ("\n".join(lines) + "\n").encode("ascii")


def _numbers(data: bytes, name: str) -> IntArray:
    lines = [line for line in data.decode("ascii", errors="replace").splitlines() if not line.lstrip().startswith("%")]
    text = " ".join(lines).replace(",", " ").strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # how NumPy reports a word that is not a number
            return np.fromstring(text, dtype=np.int64, sep=" ") if text else np.zeros(0, np.int64)
    except (ValueError, DeprecationWarning):
        bad = next((word for word in text.split() if not word.lstrip("+-").isdecimal()), text[:40])
        raise InputError(f"{name}: {bad[:40]!r} is not an integer") from None
