"""Matrices in .npz files.

Sparse ones are laid out as `scipy.sparse.save_npz` does (a pattern has no "data"); dense ones are arrays by name.
"""

import io
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError
from sparsesim.tensors.npy import matrix_of
from sparsesim.tensors.sparse_matrix import SparseMatrix

_POSITIONS = {"csr": ("indices", "indptr"), "csc": ("indices", "indptr"), "coo": ("row", "col")}
_SHOWN = 5


def parse_npz(data: bytes, name: str, key: str | None = None) -> SparseMatrix:
    """The csr, csc or coo matrix in `data`, its only array, or the array `key`; nothing pickled is ever loaded.

    Raises InputError, with `name` in front, for anything malformed and for any other layout.
    """
    arrays = _arrays(data, name)
    if key is not None:
        if key not in arrays:
            raise InputError(f"{name}: no array {key!r}; it holds {', '.join(arrays)}")
        return matrix_of(arrays[key], f"{name}/{key}")
    if "format" not in arrays:
        return _only_array(arrays, name)
    layout = arrays["format"].item() if arrays["format"].ndim == 0 else None
    kind = layout.decode("ascii", errors="replace") if isinstance(layout, bytes) else str(layout)
    if kind not in _POSITIONS:
        raise InputError(f"{name}: its format is {kind}; save a csr, csc or coo matrix with scipy.sparse.save_npz")
    missing = [key for key in ("shape", *_POSITIONS[kind]) if key not in arrays]
    if missing:
        raise InputError(f"{name}: array {missing[0]!r} is missing; found {', '.join(sorted(arrays))}")
    try:
        return _matrix(kind, arrays)
    except (ValueError, MemoryError) as error:
        raise InputError(f"{name}: {error}") from error


def print_npz(matrix: SparseMatrix) -> bytes:
    """Compressed csr arrays that `scipy.sparse.load_npz` also reads, unless there are no values."""
    arrays: dict[str, Any] = {"indices": matrix.indices, "indptr": matrix.indptr, "shape": np.array(matrix.shape)}
    if matrix.values is not None:
        arrays["data"] = matrix.values
    file = io.BytesIO()
    np.savez_compressed(file, format=np.array(b"csr"), **arrays)
    return file.getvalue()


def _arrays(data: bytes, name: str) -> dict[str, NDArray[Any]]:
    if not data.startswith(b"PK"):
        raise InputError(f"{name}: not a readable .npz archive (it does not begin as a zip file)")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (ValueError, OSError, EOFError, KeyError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{name}: not a readable .npz archive ({' '.join(str(error).split())})") from error


def _only_array(arrays: dict[str, NDArray[Any]], name: str) -> SparseMatrix:
    if len(arrays) == 1:
        ((key, array),) = arrays.items()
        return matrix_of(array, f"{name}/{key}")
    found = [f"{key} {list(array.shape)}" for key, array in arrays.items()]
    shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
    raise InputError(f"{name}: holds {len(found)} arrays, name one of them as {name}/KEY{': ' if found else ''}{shown}")


def _matrix(kind: str, arrays: dict[str, NDArray[Any]]) -> SparseMatrix:
    values = arrays.get("data")
    shape = _integers(arrays["shape"], "shape")
    if shape.size != 2 or shape.min() < 0:
        raise InputError(f"shape is {shape.tolist()}, a matrix has two sides that are not negative")
    rows, columns = (int(side) for side in shape)
    first, second = (_integers(arrays[key], key) for key in _POSITIONS[kind])
    if kind == "coo":
        return SparseMatrix.from_coo((rows, columns), first, second, values)
    if kind == "csc":
        return SparseMatrix.from_csr((columns, rows), second, first, values).transposed
    return SparseMatrix.from_csr((rows, columns), second, first, values)


def _integers(array: NDArray[Any], key: str) -> IntArray:
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InputError(f"array {key!r} is {array.ndim}-dimensional {array.dtype}, not a list of integers")
    return array.astype(np.int64)
