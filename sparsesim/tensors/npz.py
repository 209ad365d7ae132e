"""Matrices in .npz files.

Sparse ones are laid out as `scipy.sparse.save_npz` does (a pattern has no "data"); dense ones are arrays by name.
"""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.tensors.archives import BROKEN, check_members
from sparsesim.tensors.canonical import POSITION_BYTES
from sparsesim.tensors.npy import ArrayHeader, check_matrix, matrix_of, read_entries, read_header
from sparsesim.tensors.sparse_matrix import SparseMatrix
from sparsesim.tensors.streams import seekable

_POSITIONS = {"csr": ("indices", "indptr"), "csc": ("indices", "indptr"), "coo": ("row", "col")}
_SHOWN = 5


def parse_npz(stream: IO[bytes], name: str, key: str | None = None) -> SparseMatrix:
    """The csr, csc or coo matrix in `stream`, its only array, or the array `key`; nothing pickled is ever loaded.

    Other arrays are not read. Raises InputError, with `name` in front, for anything malformed, for any other layout,
    and for more than one input may take.
    """
    with _opened(stream, name) as arrays:
        return _matrix_in(arrays, name, key)


def npz_sizes(stream: IO[bytes], name: str) -> tuple[int, int, int | None]:
    """(rows, columns, stored entries or None of a dense array) of the matrix that `parse_npz` would read."""
    with _opened(stream, name) as arrays:
        kind = _layout(arrays, name)
        if kind is None:
            key = _only_key(arrays, name)
            header = arrays.header(key)
            check_matrix(header, f"{name}/{key}")
            return header.shape[0], header.shape[1], None
        try:
            return *_shape(arrays, name), arrays.header(_POSITIONS[kind][0]).count
        except InputError as error:
            raise error if str(error).startswith(name) else InputError(f"{name}: {error}") from error


def print_npz(matrix: SparseMatrix) -> bytes:
    """Compressed csr arrays that `scipy.sparse.load_npz` also reads, unless there are no values."""
    arrays: dict[str, Any] = {"indices": matrix.indices, "indptr": matrix.indptr, "shape": np.array(matrix.shape)}
    if matrix.values is not None:
        arrays["data"] = matrix.values
    file = io.BytesIO()
    np.savez_compressed(file, format=np.array(b"csr"), **arrays)
    return file.getvalue()


class StoredArrays:
    """The arrays of an archive by name, each read when it is asked for."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        check_members(archive.namelist(), name)
        self._archive, self._name = archive, name
        self._members = {member.removesuffix(".npy"): member for member in archive.namelist()}

    @property
    def keys(self) -> list[str]:
        """Names of the arrays, in the order of the archive."""
        return list(self._members)

    def header(self, key: str) -> ArrayHeader:
        """Shape and number type of an array."""
        with self._archive.open(self._members[key]) as member:
            return read_header(member, f"{self._name}/{key}")

    def array(self, key: str) -> NDArray[Any]:
        """An array; InputError if it needs more memory than one input may take."""
        with self._archive.open(self._members[key]) as member:
            return read_entries(member, read_header(member, f"{self._name}/{key}"), f"{self._name}/{key}")

    def matrix(self, key: str) -> SparseMatrix:
        """An array of two dimensions."""
        check_matrix(self.header(key), f"{self._name}/{key}")
        return matrix_of(self.array(key), f"{self._name}/{key}")


@contextmanager
def _opened(stream: IO[bytes], name: str) -> Iterator[StoredArrays]:
    file = seekable(stream, name)
    if file.read(2) != b"PK":
        raise InputError(f"{name}: not a readable .npz archive (it does not begin as a zip file)")
    try:
        with zipfile.ZipFile(file) as archive:
            yield StoredArrays(archive, name)
    except BROKEN as error:
        raise InputError(f"{name}: not a readable .npz archive ({' '.join(str(error).split())})") from error


def _matrix_in(arrays: StoredArrays, name: str, key: str | None) -> SparseMatrix:
    if key is not None:
        if key not in arrays.keys:
            raise InputError(f"{name}: no array {key!r}; it holds {', '.join(arrays.keys)}")
        return arrays.matrix(key)
    kind = _layout(arrays, name)
    if kind is None:
        return arrays.matrix(_only_key(arrays, name))
    try:
        return _matrix(kind, arrays, name)
    except (ValueError, MemoryError) as error:
        raise error if str(error).startswith(name) else InputError(f"{name}: {error}") from error


def _layout(arrays: StoredArrays, name: str) -> str | None:
    """csr, csc or coo, with all arrays that it needs; None of dense arrays."""
    if "format" not in arrays.keys:
        return None
    layout = arrays.array("format").item() if not arrays.header("format").shape else None
    kind = layout.decode("ascii", errors="replace") if isinstance(layout, bytes) else str(layout)
    if kind not in _POSITIONS:
        raise InputError(f"{name}: its format is {kind}; save a csr, csc or coo matrix with scipy.sparse.save_npz")
    missing = [key for key in ("shape", *_POSITIONS[kind]) if key not in arrays.keys]
    if missing:
        raise InputError(f"{name}: array {missing[0]!r} is missing; found {', '.join(sorted(arrays.keys))}")
    return kind


def _only_key(arrays: StoredArrays, name: str) -> str:
    if len(arrays.keys) == 1:
        return arrays.keys[0]
    shown = [f"{key} {list(arrays.header(key).shape)}" for key in arrays.keys[:_SHOWN]]
    more = ", ..." if len(arrays.keys) > _SHOWN else ""
    raise InputError(
        f"{name}: holds {len(arrays.keys)} arrays, name one of them as {name}/KEY{': ' if shown else ''}"
        f"{', '.join(shown)}{more}"
    )


def _matrix(kind: str, arrays: StoredArrays, name: str) -> SparseMatrix:
    rows, columns = _shape(arrays, name)
    stored = [key for key in (*_POSITIONS[kind], "data") if key in arrays.keys]
    counts = {key: arrays.header(key).count for key in stored}
    sizes = [counts[key] * (arrays.header(key).dtype.itemsize + 2 * POSITION_BYTES) for key in stored]
    check_memory(f"{name}: a {rows} x {columns} matrix of {counts[_POSITIONS[kind][0]]} entries", sum(sizes))
    first, second = (_integers(arrays, key, name) for key in _POSITIONS[kind])
    values = arrays.array("data") if "data" in stored else None
    if kind == "coo":
        return SparseMatrix.from_coo((rows, columns), first, second, values)
    if kind == "csc":
        return SparseMatrix.from_csr((columns, rows), second, first, values).transposed
    return SparseMatrix.from_csr((rows, columns), second, first, values)


def _shape(arrays: StoredArrays, name: str) -> tuple[int, int]:
    shape = _integers(arrays, "shape", name)
    if shape.size != 2 or shape.min() < 0:
        raise InputError(f"shape is {shape.tolist()}, a matrix has two sides that are not negative")
    return int(shape[0]), int(shape[1])


def _integers(arrays: StoredArrays, key: str, name: str) -> NDArray[Any]:
    header = arrays.header(key)
    if header.dtype.kind not in "iu" or len(header.shape) != 1:
        raise InputError(f"array {key!r} is {len(header.shape)}-dimensional {header.dtype}, not a list of integers")
    return arrays.array(key)
