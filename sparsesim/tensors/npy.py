"""Dense matrices in `.npy` files, and the arrays of `.npz` archives."""

import struct
import tokenize
import warnings
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.limits import check_memory, checked_size
from sparsesim.tensors.sparse_matrix import SparseMatrix
from sparsesim.tensors.streams import seekable

_REAL: Final = "fiub"
_HEADER_BYTES: Final = 10_000
"""Longer headers are refused before they are parsed, as NumPy does."""
_ENTRY_BYTES: Final = 24
"""Peak per entry of a matrix beside the array itself: as float64, then a position and a value if it is not zero."""
_PART_BYTES: Final = 2**24
_READERS: Final = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    (3, 0): np.lib.format.read_array_header_2_0,  # names of fields in UTF-8; numbers have none
}
_MALFORMED: Final = (ValueError, SyntaxError, TypeError, KeyError, struct.error, tokenize.TokenError, RecursionError)
"""What parsing a header that is no header raises."""


@dataclass(frozen=True)
class ArrayHeader:
    """Shape, number type and order of the entries of a stored array."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]

    @property
    def count(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape, dtype=object))


def parse_npy(stream: IO[bytes], name: str) -> SparseMatrix:
    """The matrix [rows, columns] in `stream`; nothing pickled is ever loaded.

    Raises InputError, with `name` in front, for anything malformed, for any other array and for one that needs more
    memory than one input may take.
    """
    data = seekable(stream, name)
    header = read_header(data, name)
    check_matrix(header, name)
    return matrix_of(read_entries(data, header, name), name)


def read_header(stream: IO[bytes], name: str) -> ArrayHeader:
    """The header at the beginning of an array; InputError, with `name` in front, for anything that is none."""
    try:
        version = np.lib.format.read_magic(stream)
        if version not in _READERS:
            raise InputError(f"{name}: not a readable .npy file (version {version}, which is none of 1.0, 2.0 and 3.0)")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy and of Python's parser, about headers of an odd form
            shape, fortran_order, dtype = _READERS[version](stream, max_header_size=_HEADER_BYTES)
    except InputError:
        raise
    except _MALFORMED as error:
        raise InputError(f"{name}: not a readable .npy file ({' '.join(str(error).split())})") from error
    if dtype.hasobject:
        raise InputError(f"{name}: not a readable .npy file (type {dtype}: Python objects are not read)")
    if not all(type(side) is int and side >= 0 for side in shape):  # True is an int, too
        raise InputError(f"{name}: shape: {shape}: must be whole numbers from 0 up")
    checked_size(f"{name}: bytes of an array", *shape, max(dtype.itemsize, 1))
    return ArrayHeader(tuple(int(side) for side in shape), fortran_order, dtype)


def read_entries(stream: IO[bytes], header: ArrayHeader, name: str) -> NDArray[Any]:
    """The entries that follow a header, as many as it promises and no more.

    Raises InputError, with `name` in front, for another number of bytes and for more than one input may take.
    """
    size_bytes = header.count * header.dtype.itemsize
    check_memory(f"{name}: an array {list(header.shape)} of {header.dtype}", size_bytes)
    data = bytearray(size_bytes)
    view, filled = memoryview(data), 0
    while filled < size_bytes:
        part = stream.read(min(size_bytes - filled, _PART_BYTES))
        if not part:
            raise InputError(
                f"{name}: not a readable .npy file (the header promises {size_bytes} bytes, but only {filled} follow)"
            )
        view[filled : filled + len(part)] = part
        filled += len(part)
    if stream.read(1):  # which also compares the checksum of an archive
        raise InputError(
            f"{name}: not a readable .npy file (more than the {size_bytes} bytes that the header promises)"
        )
    array: NDArray[Any] = np.ndarray(
        header.shape, header.dtype, buffer=data, order="F" if header.fortran_order else "C"
    )
    return array


def check_matrix(header: ArrayHeader, name: str) -> None:
    """InputError, with `name` in front, for an array that is no matrix of real numbers, or takes too much memory."""
    if header.dtype.kind not in _REAL:
        raise InputError(f"{name}: an array of {header.dtype}, where real numbers are needed")
    if len(header.shape) != 2:
        column = f"; store a vector as {header.count} x 1" if len(header.shape) == 1 else ""
        raise InputError(f"{name}: an array {list(header.shape)}, where a matrix [rows, columns] is needed{column}")
    size_bytes = header.count * (header.dtype.itemsize + _ENTRY_BYTES)
    check_memory(f"{name}: a {header.shape[0]} x {header.shape[1]} matrix of {header.dtype}", size_bytes)


def matrix_of(array: NDArray[Any], name: str) -> SparseMatrix:
    """The non-zeros of a 2-D array of finite real numbers; InputError, with `name` in front, for others."""
    try:
        return SparseMatrix.from_dense(array)
    except (InputError, MemoryError) as error:
        raise InputError(f"{name}: {error}") from error
