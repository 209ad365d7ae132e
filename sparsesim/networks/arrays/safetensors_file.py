"""Reads `.safetensors` files without the safetensors package, whose NumPy side lacks bfloat16."""

from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.networks.arrays.bounds import checked_bytes, checked_names
from sparsesim.networks.json_file import MOST_BYTES, parsed_mapping
from sparsesim.places import shown, within

_LENGTH_BYTES: Final = 8
_METADATA: Final = "__metadata__"
_FIELDS: Final = ("dtype", "shape", "data_offsets")
_BFLOAT16: Final = "BF16"
_DTYPES: Final[dict[str, np.dtype[Any]]] = {
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


class StoredTensor(NamedTuple):
    """One entry of a header: type, shape, and the range of its bytes behind the header."""

    type_name: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def held_bytes(self) -> int:
        """Memory for its values; those of bfloat16 become float32."""
        return (self.end - self.begin) * (2 if self.type_name == _BFLOAT16 else 1)


class Header(NamedTuple):
    """The tensors of a file by name, and where their bytes start."""

    tensors: dict[str, StoredTensor]
    start: int

    @property
    def held_bytes(self) -> int:
        """Memory for the values of all tensors."""
        return sum(tensor.held_bytes for tensor in self.tensors.values())


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a file by name; bfloat16 becomes float32, other types stay as stored.

    Raises InputError as `read_header`, and for values that need more than the budget of memory.
    """
    header = read_header(path)
    check_memory("reading its tensors", header.held_bytes)
    return tensors_of(path, header)


def read_header(path: Path) -> Header:
    """The header of a file, checked as a whole before any value is read.

    The layout: the header's length as a 64-bit integer, a JSON header with type, shape and byte range of each tensor,
    the bytes. Raises InputError with tensor, field and value for an entry that is not of this form, a type that NumPy
    lacks, and ranges that overlap, leave a hole or end elsewhere than the file.
    """
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        available = size_bytes - _LENGTH_BYTES - length
        if size_bytes < _LENGTH_BYTES or available < 0:
            raise InputError(
                f"not a readable safetensors file: its header is cut off, header length: {length}: the file has "
                f"{size_bytes} bytes"
            )
        if length > MOST_BYTES:
            raise InputError(f"not a readable safetensors file: header length: {length}: at most {MOST_BYTES}")
        text = file.read(length)
    with within("not a readable safetensors file"):
        entries = parsed_mapping(text)
        _check_metadata(entries.pop(_METADATA, {}))
        checked_names(entries)
        tensors = {name: _entry(name, entry) for name, entry in entries.items()}
        _check_ranges(tensors, available)
    return Header(tensors, _LENGTH_BYTES + length)


def tensors_of(path: Path, header: Header) -> dict[str, NDArray[Any]]:
    """The values of all tensors of a header that was read from this file."""
    return {name: _values(path, tensor, header.start) for name, tensor in header.tensors.items()}


def _check_metadata(given: object) -> None:
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise InputError(f"{_METADATA}: {shown(given)}: must be a mapping of texts")


def _entry(name: str, entry: object) -> StoredTensor:
    with within(f"tensor {shown(name)}"):
        if not isinstance(entry, dict) or set(entry) != set(_FIELDS):
            raise InputError(f"{shown(entry)}: badly described, needed are {', '.join(_FIELDS)}")
        type_name, shape, offsets = (entry[field] for field in _FIELDS)
        dtype = _DTYPES.get(type_name) if isinstance(type_name, str) else None
        if dtype is None:
            raise InputError(f"dtype: stored as {shown(type_name)}, which is not read: one of {', '.join(_DTYPES)}")
        if not _are_sizes(shape):
            raise InputError(f"shape: {shown(shape)}: must be a list of whole numbers from 0 up")
        if not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
            raise InputError(f"data_offsets: {shown(offsets)}: must be where its bytes begin and end")
        needed = checked_bytes(tuple(shape), dtype)
        if needed != offsets[1] - offsets[0]:
            raise InputError(
                f"data_offsets: {shown(offsets)}: cut off or has another size, {type_name} of shape {shown(shape)} "
                f"takes {needed} bytes"
            )
        return StoredTensor(type_name, tuple(shape), *offsets)


def _are_sizes(given: object) -> bool:
    return isinstance(given, list) and all(type(size) is int and size >= 0 for size in given)  # True is an int, too


def _check_ranges(tensors: dict[str, StoredTensor], available: int) -> None:
    """Every byte behind the header belongs to exactly one tensor."""
    ordered = sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end))
    reached = 0
    for name, tensor in ordered:
        place, given = f"tensor {shown(name)}: data_offsets: [{tensor.begin}, {tensor.end}]", tensor.begin
        if tensor.end > available:
            raise InputError(f"{place}: cut off, the file has {available} bytes of data")
        if given != reached:
            raise InputError(f"{place}: {'overlaps' if given < reached else 'leaves a hole behind'} byte {reached}")
        reached = tensor.end
    if reached != available:
        raise InputError(f"data_offsets: {available - reached} bytes behind the last tensor belong to none")


def _values(path: Path, tensor: StoredTensor, start: int) -> NDArray[Any]:
    dtype = _DTYPES[tensor.type_name]
    count = (tensor.end - tensor.begin) // dtype.itemsize
    values = np.fromfile(path, dtype, count, offset=start + tensor.begin)
    if values.size != count:
        raise InputError("not a readable safetensors file: it became shorter while it was read")
    shaped = values.reshape(tensor.shape)
    return _widened(shaped) if tensor.type_name == _BFLOAT16 else shaped


def _widened(values: NDArray[Any]) -> NDArray[np.float32]:
    """A bfloat16 is the upper half of a float32."""
    wide = values.astype(np.uint32)
    wide <<= np.uint32(16)
    return wide.view(np.float32)
