"""The lines of MatrixMarket text, looked at on their way to the parser, which skips what it does not expect."""

from typing import IO, Final

import numpy as np

from sparsesim.errors import InputError
from sparsesim.tensors import text_kernels as lines
from sparsesim.tensors.matrix_market_header import Header
from sparsesim.tensors.streams import BROKEN

_CHUNK_BYTES: Final = 2**18
_SLACK_BYTES: Final = 2**20
_LINE_BYTES: Final = 256
"""Bytes per entry, on average, after which a file is not read on: a file of blanks may unpack to terabytes."""
_FIELDS: Final = {
    "pattern": lines.PATTERN,
    "integer": lines.INTEGER,
    "unsigned-integer": lines.INTEGER,
    "real": lines.REAL,
}
_BELOW: Final = {"general": -1, "symmetric": 0, "skew-symmetric": 1}


class CheckedLines:
    """A binary stream of a header and the lines below it, which ends at the first fault; `finish` raises it.

    Faults are kept and not raised,
    because the parser calls `read` from compiled code.
    """

    def __init__(self, header: Header, stream: IO[bytes], name: str) -> None:
        self._header, self._stream, self._name = header, stream, name
        self._state = np.zeros(lines.STATE_SIZE, np.int64)
        self._state[lines.LINE] = header.lines + 1
        self._sides = np.array([header.rows, header.columns], np.int64)
        self._left_bytes = _LINE_BYTES * (header.entries + 1) + _SLACK_BYTES
        self._unfinished = b""
        self._fault: InputError | None = None
        self._begun = self._ended = False

    @property
    def non_zeros(self) -> int:
        """Values so far that are not written as zero."""
        return int(self._state[lines.NON_ZEROS])

    def read(self, size: int = -1) -> bytes:
        """The next bytes, as many as are convenient: the parser takes more than it asks for. b"" at the end."""
        if not self._begun:
            self._begun = True
            return self._header.text
        if self._fault is not None or self._ended:
            return b""
        try:
            chunk = self._stream.read(_CHUNK_BYTES)
        except BROKEN as error:
            self._fault = InputError(f"{self._name}: cannot be read ({error})")
            return b""
        self._left_bytes -= len(chunk)
        if self._left_bytes < 0:
            self._fault = InputError(
                f"{self._name}: line {self._state[lines.LINE]}: more text than {self._header.entries} entries need"
            )
            return b""
        if not chunk:
            self._ended = True
            self._check(b"\n")
            return b""
        self._check(chunk)
        return b"" if self._fault is not None else chunk

    def finish(self) -> None:
        """Read what the parser left, and raise the first fault."""
        while self.read():
            pass
        if self._fault is not None:
            raise self._fault
        found, promised = int(self._state[lines.ENTRIES]), self._header.entries
        if found < promised:
            raise InputError(
                f"{self._name}: line {self._state[lines.LINE] - 1}: the file ends here; "
                f"the header promises {promised} entries, but only {found} follow"
            )

    def _check(self, chunk: bytes) -> None:
        header = self._header
        fault, position = lines.check_lines(
            np.frombuffer(chunk, np.uint8),
            self._state,
            2 if header.layout == "coordinate" else 0,
            _FIELDS[header.field],
            self._sides,
            _BELOW[header.symmetry] if header.layout == "coordinate" else -1,
            header.entries,
        )
        if fault != lines.NO_FAULT:
            before, end = chunk.rfind(b"\n", 0, position), chunk.find(b"\n", position)
            line = (self._unfinished if before < 0 else b"") + chunk[before + 1 : len(chunk) if end < 0 else end]
            self._fault = InputError(f"{self._name}: line {self._state[lines.LINE]}: {self._told(fault, line)}")
        last = chunk.rfind(b"\n")
        self._unfinished = (self._unfinished if last < 0 else b"") + chunk[last + 1 :][: lines.LINE_LIMIT]

    def _told(self, fault: int, line: bytes) -> str:
        header = self._header
        words = [word[:40].decode("ascii", errors="replace") for word in line.split()]
        word = words[min(int(self._state[lines.TOKENS]), len(words)) - 1] if words else ""
        names = (("row", "column") if header.layout == "coordinate" else ()) + (
            ("value",) if header.field != "pattern" else ()
        )
        name = names[min(int(self._state[lines.TOKENS]), len(names)) - 1]
        if fault == lines.NOT_WHOLE:
            return f"{name}: {word!r}: must be an integer"
        if fault == lines.NOT_A_NUMBER:
            return f"{name}: {word!r}: must be a finite number"
        if fault in (lines.ROW_OUTSIDE, lines.COLUMN_OUTSIDE):
            side = header.rows if fault == lines.ROW_OUTSIDE else header.columns
            return f"{name}: {word}: must lie in 1..{side}"
        if fault == lines.ABOVE:
            allowed = "on or below" if header.symmetry == "symmetric" else "below"
            return f"row {words[0]}, column {words[1]}: a {header.symmetry} file holds only entries {allowed} the diagonal"
        if fault == lines.SURPLUS:
            return f"more entries than the {header.entries} that the header promises"
        if fault == lines.TOO_LONG:
            return f"longer than {lines.LINE_LIMIT} characters"
        shown = " ".join(words[:4])
        if fault == lines.TOO_MANY and header.field == "pattern":
            return f"{shown!r}: a pattern file holds a row and a column on each line, and no value"
        return f"{shown!r}: must be {' and '.join(names)}"
