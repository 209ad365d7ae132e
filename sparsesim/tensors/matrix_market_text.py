"""The lines of MatrixMarket text: none is skipped, and none is taken for what it is not."""

import math
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import Float64Array
from sparsesim.errors import InputError
from sparsesim.tensors import text_kernels as lines
from sparsesim.tensors.matrix_market_header import Header

_CHUNK_BYTES: Final = 2**17
_SHORTEST_SLOW: Final = 4
"""No number that needs more care is shorter: 1e99."""
_SLACK_BYTES: Final = 2**20
_LINE_BYTES: Final = 256
"""Bytes per entry, on average, after which a file is not read on: a file of blanks may unpack to terabytes."""
_FIELDS: Final = {
    "pattern": lines.PATTERN,
    "integer": lines.INTEGER,
    "unsigned-integer": lines.INTEGER,
    "real": lines.REAL,
}
_SHOWN: Final = 40
_BELOW: Final = {"general": -1, "symmetric": 0, "skew-symmetric": 1}


class EntryLines:
    """The lines below a header, read piece by piece."""

    def __init__(self, header: Header, stream: IO[bytes], name: str) -> None:
        self._header, self._stream, self._name = header, stream, name
        self._counts = np.array([header.lines + 1, 0, 0], np.int64)
        coordinate = header.layout == "coordinate"
        self._places, self._below = (2, _BELOW[header.symmetry]) if coordinate else (0, -1)
        # The kernel sees how many entries there may be from the second side, also of an array that has no positions.
        self._positions = np.empty((self._places, header.entries), np.int32)
        self._values = np.empty(0 if header.field == "pattern" else header.entries, np.float64)
        self._slow = np.empty(((_CHUNK_BYTES + lines.LINE_LIMIT) // _SHORTEST_SLOW + 1, 4), np.int64)
        self._left_bytes = _LINE_BYTES * (header.entries + 1) + _SLACK_BYTES
        self._unfinished = b""

    def read(self) -> tuple[NDArray[np.int32], Float64Array]:
        """(positions int32[2 or 0, entries] from 0 on, values float64[entries], none of a pattern).

        Raises InputError with line and value for the first line that is not what the header promises.
        """
        sides, field = np.array([self._header.rows, self._header.columns], np.int64), _FIELDS[self._header.field]
        powers = lines.powers_of_ten()
        while whole := self._next_lines():
            text = np.frombuffer(whole, np.uint8)
            self._counts[lines.SLOW] = 0
            fault, start, word = lines.read_lines(
                text,
                self._counts,
                self._places,
                field,
                sides,
                self._below,
                self._positions,
                self._values,
                self._slow,
                powers,
            )
            for entry, line, first, end in self._slow[: self._counts[lines.SLOW]].tolist():
                self._values[entry] = self._value(whole[first:end], line)
            if fault != lines.NO_FAULT:
                raise self._fault(line_fault(self._header, fault, whole[start : whole.index(b"\n", start)], word))
        found, promised = int(self._counts[lines.ENTRIES]), self._header.entries
        if found < promised:
            raise InputError(
                f"{self._name}: line {self._counts[lines.LINE] - 1}: the file ends here; "
                f"the header promises {promised} entries, but only {found} follow"
            )
        return self._positions, self._values

    def _next_lines(self) -> bytes:
        """The next whole lines, the last of which gets the end that it may lack; b"" at the end."""
        while True:
            chunk = self._stream.read(_CHUNK_BYTES)
            self._left_bytes -= len(chunk)
            if self._left_bytes < 0:
                raise self._fault(f"more text than {self._header.entries} entries need")
            end = chunk.rfind(b"\n") + 1
            if end:
                whole, self._unfinished = self._unfinished + chunk[:end], chunk[end:]
                return whole
            self._unfinished += chunk
            if not chunk:
                whole, self._unfinished = self._unfinished, b""
                return whole + b"\n" if whole else b""
            if len(self._unfinished) > lines.LINE_LIMIT:
                raise self._fault(f"longer than {lines.LINE_LIMIT} characters")

    def _value(self, text: bytes, line: int) -> float:
        """The nearest double of a number that needs more care."""
        shown = text[:_SHOWN].decode("ascii")
        place = f"{self._name}: line {line}: value: {shown!r}"
        value = float(text)
        if math.isinf(value):
            raise InputError(f"{place}: too large for a 64-bit float")
        if value == 0 and text.lower().partition(b"e")[0].strip(b"-0."):
            raise InputError(f"{place}: too small for a 64-bit float")
        if self._header.field != "real" and int(text) != int(value):
            raise InputError(f"{place}: no 64-bit float is equal to it")
        return value

    def _fault(self, why: str) -> InputError:
        return InputError(f"{self._name}: line {self._counts[lines.LINE]}: {why}")


def line_fault(header: Header, fault: int, line: bytes, word: int) -> str:
    """What is wrong with a line, at its word number `word`: the field, its value, and what is allowed."""
    found = [part[:_SHOWN].decode("ascii", errors="replace") for part in line.split()] + [""]
    names = [*(("row", "column") if header.layout == "coordinate" else ())]
    names += ["value"] if header.field != "pattern" else []
    if fault == lines.NOT_WHOLE:
        return f"{names[word]}: {found[word]!r}: must be an integer"
    if fault == lines.NOT_A_NUMBER:
        return f"{names[word]}: {found[word]!r}: must be a finite number"
    if fault == lines.OUTSIDE:
        return f"{names[word]}: {found[word]}: must lie in 1..{(header.rows, header.columns)[word]}"
    if fault == lines.ABOVE:
        allowed = "on or below" if header.symmetry == "symmetric" else "below"
        return f"row {found[0]}, column {found[1]}: a {header.symmetry} file holds only entries {allowed} the diagonal"
    if fault == lines.SURPLUS:
        return f"more entries than the {header.entries} that the header promises"
    if fault == lines.TOO_LONG:
        return f"longer than {lines.LINE_LIMIT} characters"
    shown = " ".join(found[:4]).strip()
    if fault == lines.TOO_MANY and header.field == "pattern":
        return f"{shown!r}: a pattern file holds a row and a column on each line, and no value"
    return f"{shown!r}: must be {' and '.join(names)}"
