"""The lines of a `.jsonl` that is written while a run goes on: a result each, the last of which may be cut off."""

import json
import logging
from pathlib import Path
from typing import Any, Final, NamedTuple

from sparsesim.errors import InputError
from sparsesim.limits import check_memory

LOG: Final = logging.getLogger(__name__)

_BYTES_PER_BYTE: Final = 8
"""Memory that a line takes as a mapping, over its length (measured: 5.3 for rows of results)."""
_BYTES_PER_LINE: Final = 240
"""What the shortest line takes as a mapping (measured: 242 for `{"a":1}`)."""


class WholeLines(NamedTuple):
    """The whole lines of a log, without their ends, and the bytes that they take in the file."""

    lines: list[bytes]
    size_bytes: int


def whole_lines(path: Path) -> WholeLines:
    """All lines but a last one that was cut off while it was written, of which a warning tells."""
    check_memory(str(path), _BYTES_PER_BYTE * path.stat().st_size)
    content = path.read_bytes()
    check_memory(str(path), _BYTES_PER_BYTE * len(content) + _BYTES_PER_LINE * content.count(b"\n"))
    *lines, last = content.split(b"\n")
    if not last:
        return WholeLines(lines, len(content))
    try:
        _parsed(last)
    except ValueError:
        LOG.warning("%s: line %d was cut off while it was written and is left out", path, len(lines) + 1)
        return WholeLines(lines, len(content) - len(last))
    return WholeLines([*lines, last], len(content))


def records_of(path: Path) -> list[dict[str, Any]]:
    """The record of every whole line; InputError with the number of a line that is damaged."""
    records = []
    for number, line in enumerate(whole_lines(path).lines, start=1):
        try:
            record = _parsed(line)
        except ValueError as error:
            raise InputError(f"{path}: line {number} is not JSON: {error}") from error
        if not isinstance(record, dict):
            raise InputError(f"{path}: line {number} is not a result: {line[:40].decode(errors='replace')}")
        records.append(record)
    return records


def _parsed(line: bytes) -> Any:
    """What a line says; ValueError for anything but JSON."""
    try:
        return json.loads(line.decode())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
