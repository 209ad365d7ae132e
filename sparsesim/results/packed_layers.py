"""The results of a point's layers as bytes: compressed JSON, from which equal results are read back."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.results.record import Result

_LEVEL: Final = 1
"""Of zlib: higher ones take three times as long for a tenth of the size."""
_BYTES_PER_BYTE: Final = 8
"""Memory that JSON takes as objects, over its length; as for the lines of a log."""

_FIELDS: Final = tuple(each.name for each in fields(Result))
_NESTED: Final = ("axes", "time_s", "energy_pj", "dram_bytes", "counts", "details")
_TEXTS: Final = frozenset(each.name for each in fields(Result) if each.type is str)


def packed(results: Sequence[Result]) -> bytes:
    """Results without loss: floats are exact, tuples in `details` become lists."""
    rows = [[_plain(getattr(result, name)) for name in _FIELDS] for result in results]
    return zlib.compress(json.dumps([_FIELDS, *rows], separators=(",", ":")).encode(), _LEVEL)


def layer_results(blob: bytes) -> list[Result]:
    """The results that `packed` wrote; InputError where the bytes are damaged or would take too much memory.

    Fields that an earlier version did not write have their defaults.
    """
    try:
        names, *rows = _checked_list(json.loads(_unpacked(blob)))
        return [Result(**_checked(dict(zip(names, row, strict=True)))) for row in rows]
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"layers of a point are damaged: {' '.join(str(error).split())}") from error


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _unpacked(blob: bytes) -> bytes:
    """The text; its length is asked for before memory is taken, in steps, as a few bytes may stand for many."""
    check_memory("layers of a point", _BYTES_PER_BYTE * len(blob))
    reader, text = zlib.decompressobj(), bytearray()
    left = blob
    while left and not reader.eof:
        text += reader.decompress(left, max(1 << 20, 8 * len(blob)))
        check_memory("layers of a point", _BYTES_PER_BYTE * len(text))
        left = reader.unconsumed_tail
    if not reader.eof:
        raise InputError("layers of a point are cut off")
    return bytes(text)


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a result; TypeError for one of another kind, which would be a fault much later."""
    for name, value in values.items():
        kind: Any = dict if name in _NESTED else str if name in _TEXTS else int | float | None
        if not isinstance(value, kind):
            raise TypeError(f"{name}: {value!r} is no {kind}")
    return values


def _checked_list(value: Any) -> list[Any]:
    if not value or not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise TypeError("a list of lists is needed")
    return value
