"""Content hashes: equal values have equal ones, in every process, on every machine and Python version.

What is hashed is canonical JSON: keys in order, numbers in one notation, arrays as the hash of their bytes. Names for
people, sources and remarks are left out, because they decide no figure.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from sparsesim.errors import InputError

LABEL: Final = {"label": True}
"""Metadata of dataclass fields that only say what something is called."""

REMARKS: Final = frozenset({"name", "description", "node", "notes", "source", "sources", "area"})
"""Fields of descriptions that decide no figure: what something is called, where it comes from, how large it is."""

KIND: Final = "kind of object"
"""The key of the class, beside the fields of an object."""

_ONLY_SHOW: Final = frozenset({"cli", "report", "store", "training", "validation"})
"""Folders that keep, draw or compare what others computed."""

_DIGEST_BYTES: Final = 16
_CHUNK_BYTES: Final = 1 << 24
"""Long arrays are hashed in parts of so many bytes, by several threads; the size decides the hash."""
_THREADS: Final = 4


def content_hash(value: Any) -> str:
    """32 hexadecimal digits that are the same for values that are; see `canonical`.

    >>> from sparsesim.formats import format_by_name
    >>> content_hash(format_by_name("bsr")) == content_hash(format_by_name("bsr-4x4"))
    True
    """
    return text_hash(canonical_text(value))


def canonical_text(value: Any) -> str:
    """The JSON that is hashed; that of a list is made of those of its members."""
    return json.dumps(canonical(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def text_hash(text: str) -> str:
    """The hash of a `canonical_text`."""
    return _digest(text.encode("ascii")).hex()


@cache
def code_hash() -> str:
    """Of the sources that decide figures: results of other code are other results, whatever its version is called.

    Versions of libraries are left out.
    """
    here = Path(__file__).parent
    sources = sorted(path for path in here.rglob("*.py") if path.relative_to(here).parts[0] not in _ONLY_SHOW)
    digests = [_digest(path.read_bytes().replace(b"\r\n", b"\n")) for path in sources]
    return _digest(b"".join(digests)).hex()


def canonical(value: Any) -> Any:
    """The value in terms of JSON: objects as their class and fields, arrays as type, shape and hash.

    Whole numbers are integers, however they were written. Raises InputError for what has no content of its own, such
    as a function.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return _number(float(value))
    if isinstance(value, np.ndarray):
        return {KIND: "array", "dtype": _little(value.dtype).str, "shape": list(value.shape), "hash": array_hash(value)}
    if isinstance(value, BaseModel):
        return _of_object(value, (name for name in type(value).model_fields if name not in REMARKS))
    if is_dataclass(value) and not isinstance(value, type):
        told = (each.name for each in fields(value) if not each.metadata.get("label") and not each.name.startswith("_"))
        return _of_object(value, told)
    if isinstance(value, Mapping):
        return {str(key): canonical(below) for key, below in value.items()}
    if isinstance(value, Set):
        return sorted((canonical(below) for below in value), key=lambda below: json.dumps(below, sort_keys=True))
    if isinstance(value, list | tuple):
        return [canonical(below) for below in value]
    raise InputError(f"{value!r}: a {type(value).__name__} has no content that tells it from others")


def array_hash(array: NDArray[Any]) -> str:
    """The hash of an array's bytes, row by row and little-endian."""
    flat = np.ascontiguousarray(array, _little(array.dtype)).reshape(-1).view(np.uint8)
    if flat.size <= _CHUNK_BYTES:
        return _digest(flat).hex()
    parts = [flat[start : start + _CHUNK_BYTES] for start in range(0, flat.size, _CHUNK_BYTES)]
    # hashlib lets other threads run while it hashes.
    with ThreadPoolExecutor(_THREADS) as pool:
        return _digest(b"".join(pool.map(_digest, parts))).hex()


def _digest(content: Any) -> bytes:
    # Processors have instructions for SHA-256: twice as fast as BLAKE2b on weights of a network.
    return hashlib.sha256(content).digest()[:_DIGEST_BYTES]


def _little(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype.newbyteorder("<")


def _number(value: float) -> Any:
    if not math.isfinite(value):
        return {KIND: "number", "value": repr(value)}
    return int(value) if value.is_integer() else value


def _of_object(value: Any, names: Iterable[str]) -> dict[str, Any]:
    return {KIND: type(value).__qualname__} | {name: canonical(getattr(value, name)) for name in names}
