"""How large a matrix is, as its header says, without reading the rest."""

from collections.abc import Callable
from typing import IO, Final, NamedTuple

from sparsesim.errors import InputError
from sparsesim.tensors.integer_text import IntegerText
from sparsesim.tensors.matrix_market_header import read_header as matrix_market_header
from sparsesim.tensors.npy import check_matrix
from sparsesim.tensors.npy import read_header as npy_header
from sparsesim.tensors.npz import npz_sizes


class Sizes(NamedTuple):
    """Rows, columns, and non-zeros, None where the header does not tell."""

    rows: int
    columns: int
    nnz: int | None


def smtx_sizes(stream: IO[bytes], name: str) -> Sizes:
    """The first three numbers of a pattern."""
    header = IntegerText(stream, name).next(3).tolist()
    if len(header) < 3 or min(header) < 0:
        raise InputError(f"{name}: no header; the first line must hold rows, columns and non-zeros")
    return Sizes(*header)


def matrix_market_sizes(stream: IO[bytes], name: str) -> Sizes:
    """Non-zeros of general text only: symmetric text holds half of them, an array also zeros."""
    header = matrix_market_header(stream, name)
    exact = header.layout == "coordinate" and header.symmetry == "general"
    return Sizes(header.rows, header.columns, header.entries if exact else None)


def npy_sizes(stream: IO[bytes], name: str) -> Sizes:
    """The shape of a dense array."""
    header = npy_header(stream, name)
    check_matrix(header, name)
    return Sizes(header.shape[0], header.shape[1], None)


SIZES: Final[dict[str, Callable[[IO[bytes], str], Sizes]]] = {
    ".mtx": matrix_market_sizes,
    ".smtx": smtx_sizes,
    ".npz": lambda stream, name: Sizes(*npz_sizes(stream, name)),
    ".npy": npy_sizes,
}
"""By the suffix of a file: what its header says. Stored zeros and entries that are there twice count until it is read.

Each raises InputError, with the name in front, for a header that is none.
"""
