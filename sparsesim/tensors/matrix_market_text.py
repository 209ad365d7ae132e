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
_SHOWN: Final = 40
_BELOW: Final = {"general": -1, "symmetric": 0, "skew-symmetric": 1}


class CheckedLines:
    """A binary stream of a header and the lines below it, which ends at the first fault; `finish` raises it.

    Faults are kept and not raised, because the parser calls `read` from compiled code. It gets nothing but whole
    lines without fault: SciPy 1.17 reads beyond the end of a text that breaks off within a number ("-3e").
    """

    def __init__(self, header: Header, stream: IO[bytes], name: str) -> None:
        self._header, self._stream, self._name = header, stream, name
        self._counts = np.array([header.lines + 1, 0, 0], np.int64)
        self._places = 2 if header.layout == "coordinate" else 0
        self._below = _BELOW[header.symmetry] if header.layout == "coordinate" else -1
        self._sides = np.array([header.rows, header.columns], np.int64)
        self._left_bytes = _LINE_BYTES * (header.entries + 1) + _SLACK_BYTES
        self._unfinished = b""
        self._fault: InputError | None = None
        self._begun = self._ended = False

    @property
    def non_zeros(self) -> int:
        """Values so far that are not written as zero."""
        return int(self._counts[lines.NON_ZEROS])

    def read(self, size: int = -1) -> bytes:
        """Whole lines, as many as are convenient: the parser takes more than it asks for. b"" at the end."""
        if not self._begun:
            self._begun = True
            return self._header.text
        while self._fault is None and not self._ended:
            whole = self._next_lines()
            if whole and self._fault is None:
                self._check(whole)
                return b"" if self._fault is not None else whole
        return b""

    def finish(self) -> None:
        """Read what the parser left, and raise the first fault."""
        while self.read():
            pass
        if self._fault is not None:
            raise self._fault
        found, promised = int(self._counts[lines.ENTRIES]), self._header.entries
        if found < promised:
            raise InputError(
                f"{self._name}: line {self._counts[lines.LINE] - 1}: the file ends here; "
                f"the header promises {promised} entries, but only {found} follow"
            )

    def _next_lines(self) -> bytes:
        """The next whole lines, the last of which gets the end that it may lack; b"" if none is complete yet."""
        try:
            chunk = self._stream.read(_CHUNK_BYTES)
        except BROKEN as error:
            self._fault = InputError(f"{self._name}: cannot be read ({' '.join(str(error).split())})")
            return b""
        self._left_bytes -= len(chunk)
        self._ended = not chunk
        end = chunk.rfind(b"\n") + 1
        whole, rest = (self._unfinished + chunk[:end], chunk[end:]) if end else (b"", self._unfinished + chunk)
        if self._ended and rest:
            whole, rest = rest + b"\n", b""
        self._unfinished = rest
        if self._left_bytes < 0:
            self._refuse(f"more text than {self._header.entries} entries need")
        elif not whole and len(rest) > lines.LINE_LIMIT:
            self._refuse(f"longer than {lines.LINE_LIMIT} characters")
        return whole

    def _check(self, whole: bytes) -> None:
        fault, start, word = lines.check_lines(
            np.frombuffer(whole, np.uint8),
            self._counts,
            self._places,
            _FIELDS[self._header.field],
            self._sides,
            self._below,
            self._header.entries,
        )
        if fault != lines.NO_FAULT:
            self._refuse(line_fault(self._header, fault, whole[start : whole.index(b"\n", start)], word))

    def _refuse(self, why: str) -> None:
        self._fault = InputError(f"{self._name}: line {self._counts[lines.LINE]}: {why}")


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
