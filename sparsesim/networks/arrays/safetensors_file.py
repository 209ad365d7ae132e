"""Reads `.safetensors` files without the safetensors package, whose NumPy side lacks bfloat16."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError

_LENGTH_BYTES = 8
_LONGEST_HEADER = 100_000_000  # the limit of the format
_BFLOAT16 = "BF16"
_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    _BFLOAT16: np.dtype("<u2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a file by name; bfloat16 becomes float32, other types stay as stored.

    The layout: the header's length as a 64-bit integer, a JSON header with type, shape and byte range of
    each tensor, the bytes. Raises InputError for a damaged file or a type that NumPy lacks.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        available = path.stat().st_size - _LENGTH_BYTES - length
        if available < 0 or length > _LONGEST_HEADER:
            raise InputError("not a readable safetensors file: its header is cut off")
        header = _parse(file.read(length))
    start = _LENGTH_BYTES + length
    return {name: _tensor(path, name, entry, start, available) for name, entry in header.items()}


def _parse(header: bytes) -> dict[str, Any]:
    try:
        entries = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not a readable safetensors file: {error}") from error
    if not isinstance(entries, dict):
        raise InputError("not a readable safetensors file: its header is no mapping")
    entries.pop("__metadata__", None)
    return entries


def _tensor(path: Path, name: str, entry: Any, start: int, available: int) -> NDArray[Any]:
    shape, dtype, begin, end = _checked(name, entry)
    if not 0 <= begin <= end <= available or end - begin != math.prod(shape) * dtype.itemsize:
        raise InputError(f"not a readable safetensors file: tensor {name!r} is cut off or has another size")
    values = np.fromfile(path, dtype, math.prod(shape), offset=start + begin).reshape(shape)
    return _widened(values) if entry["dtype"] == _BFLOAT16 else values


def _checked(name: str, entry: Any) -> tuple[tuple[int, ...], np.dtype[Any], int, int]:
    try:
        shape = tuple(int(size) for size in entry["shape"])
        begin, end = (int(offset) for offset in entry["data_offsets"])
        type_name = str(entry["dtype"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"not a readable safetensors file: tensor {name!r} is badly described") from error
    if type_name not in _DTYPES:
        raise InputError(f"tensor {name!r} is stored as {type_name}, which is not read")
    if any(size < 0 for size in shape):
        raise InputError(f"not a readable safetensors file: tensor {name!r} has shape {shape}")
    return shape, _DTYPES[type_name], begin, end


def _widened(values: NDArray[Any]) -> NDArray[np.float32]:
    """A bfloat16 is the upper half of a float32."""
    return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
