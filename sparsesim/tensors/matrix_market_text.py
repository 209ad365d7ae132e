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

    Faults are kept and not raised, because the parser calls `read` from compiled code. It gets nothing but whole
    lines without fault: SciPy 1.17 reads beyond the end of a text that breaks off within a number ("-3e").
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
        """Whole lines, as many as are convenient: the parser takes more than it asks for. b"" at the end."""
        if not self._begun:
            self._begun = True
            return self._header.text
        while self._fault is None and not self._ended:
            chunk = self._next_chunk()
            if self._fault is None:
                self._check(chunk)
            if self._fault is None:
                lines_end = chunk.rfind(b"\n") + 1
                whole = self._unfinished + chunk[:lines_end] if lines_end else b""
                self._unfinished = chunk[lines_end:] if lines_end else self._unfinished + chunk
                if whole:
                    return whole
        return b""

    def _next_chunk(self) -> bytes:
        """The next piece of text; at its end a line end, which the last line may lack."""
        try:
            chunk = self._stream.read(_CHUNK_BYTES)
        except BROKEN as error:
            self._fault = InputError(f"{self._name}: cannot be read ({' '.join(str(error).split())})")
            return b""
        self._left_bytes -= len(chunk)
        if self._left_bytes < 0:
            place = f"{self._name}: line {self._state[lines.LINE]}"
            self._fault = InputError(f"{place}: more text than {self._header.entries} entries need")
        self._ended = not chunk
        return b"\n" if self._ended and self._unfinished else chunk

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
            return (
                f"row {words[0]}, column {words[1]}: a {header.symmetry} file holds only entries {allowed} the diagonal"
            )
        if fault == lines.SURPLUS:
            return f"more entries than the {header.entries} that the header promises"
        if fault == lines.TOO_LONG:
            return f"longer than {lines.LINE_LIMIT} characters"
        shown = " ".join(words[:4])
        if fault == lines.TOO_MANY and header.field == "pattern":
            return f"{shown!r}: a pattern file holds a row and a column on each line, and no value"
        return f"{shown!r}: must be {' and '.join(names)}"
