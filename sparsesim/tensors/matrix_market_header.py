"""The header of MatrixMarket text: what the lines below it will hold."""

from dataclasses import dataclass
from typing import IO, Final

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.tensors.canonical import POSITION_BYTES

MAX_SIDE: Final = 2**31 - 1
_LAYOUTS: Final = {"coordinate": ("rows", "columns", "entries"), "array": ("rows", "columns")}
_FIELDS: Final = {"real": "real", "double": "real", "integer": "integer", "unsigned-integer": "unsigned-integer"}
_SYMMETRIES: Final = ("general", "symmetric", "skew-symmetric")
_LINE_BYTES: Final = 2**20
_HEADER_BYTES: Final = 2**24
_TRIPLET_BYTES: Final = 36
"""Peak per entry: a row, a column and a value as read (4 + 4 + 8), the same as CSR (4 + 8), and positions of 8."""
_ROW_BYTES: Final = 2 * POSITION_BYTES
_ARRAY_BYTES: Final = 16 + 2 * POSITION_BYTES
"""Peak per position of an array: as read, as a matrix, and its row and column."""


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    Attributes:
        layout: "coordinate" or "array".
        field: "real", "integer", "unsigned-integer" or "pattern".
        symmetry: "general", "symmetric" or "skew-symmetric".
        rows, columns: sides of the matrix.
        entries: lines with an entry that follow; those of an array are its stored triangle.
        lines: lines of the header, comments included.
    """

    layout: str
    field: str
    symmetry: str
    rows: int
    columns: int
    entries: int
    lines: int

    def check_memory(self, name: str) -> None:
        """Ask for the memory that the matrix needs at most while it is read."""
        if self.layout == "array":
            size_bytes = _ARRAY_BYTES * self.rows * self.columns
        else:
            unfolded = self.entries if self.symmetry == "general" else 2 * self.entries
            size_bytes = _TRIPLET_BYTES * unfolded + _ROW_BYTES * (self.rows + 1)
        check_memory(f"{name}: a {self.rows} x {self.columns} matrix of {self.entries} entries", size_bytes)


def read_header(stream: IO[bytes], name: str) -> Header:
    """Read up to the line with the sizes. Raises InputError with file, line and value for what cannot be read."""
    layout, field, symmetry = _banner(_line(stream, name, 1), f"{name}: line 1")
    number, read_bytes = 2, 0
    while True:
        line = _line(stream, name, number)
        read_bytes += len(line)
        if line.strip() and not line.startswith(b"%"):
            break
        if not line or read_bytes > _HEADER_BYTES:
            raise InputError(f"{name}: line {number}: no sizes; {_sizes_in_words(layout)} must follow the comments")
        number += 1
    rows, columns, entries = _sizes(line, layout, f"{name}: line {number}")
    if max(rows, columns) > MAX_SIDE:
        raise InputError(f"{name}: line {number}: {rows} x {columns} is larger than {MAX_SIDE} on a side")
    if symmetry != "general" and rows != columns:
        raise InputError(
            f"{name}: line {number}: the header says {symmetry}, but the matrix is {rows} x {columns}, not square"
        )
    if layout == "array":
        triangle = {"general": 2 * rows * columns, "symmetric": rows * (rows + 1), "skew-symmetric": rows * (rows - 1)}
        entries = triangle[symmetry] // 2
    return Header(layout, field, symmetry, rows, columns, entries, number)


def _banner(line: bytes, place: str) -> tuple[str, str, str]:
    words = _shown(line).split()
    if not words or words[0] not in ("%%MatrixMarket", "%MatrixMarket"):
        raise InputError(f"{place}: {_shown(line)!r}: not a Matrix Market file, which begins with %%MatrixMarket")
    if len(words) < 5:
        raise InputError(
            f"{place}: {_shown(line)!r}: five words are needed, such as %%MatrixMarket matrix coordinate real general"
        )
    kind, layout, field, symmetry = (word.lower() for word in words[1:5])
    if field == "complex" or symmetry == "hermitian":
        raise InputError(f"{place}: {field} {symmetry} values cannot be used; real, integer or pattern is needed")
    fields = _FIELDS if layout == "array" else {**_FIELDS, "pattern": "pattern"}
    for word, known in ((kind, ("matrix",)), (layout, _LAYOUTS), (field, fields), (symmetry, _SYMMETRIES)):
        if word not in known:
            raise InputError(f"{place}: {word!r}: must be {' or '.join(known)}")
    if len(words) > 5:
        raise InputError(f"{place}: {words[5]!r}: nothing may follow the symmetry")
    return layout, fields[field], symmetry


def _sizes(line: bytes, layout: str, place: str) -> tuple[int, int, int]:
    words = line.split()
    if len(words) != len(_LAYOUTS[layout]) or not all(word.isdigit() and len(word) < 20 for word in words):
        raise InputError(f"{place}: {_shown(line)!r}: must be {_sizes_in_words(layout)}, whole numbers")
    rows, columns, entries = (*map(int, words), 0)[:3]
    return rows, columns, entries


def _sizes_in_words(layout: str) -> str:
    names = _LAYOUTS[layout]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _line(stream: IO[bytes], name: str, number: int) -> bytes:
    line = stream.readline(_LINE_BYTES)
    if len(line) == _LINE_BYTES:
        raise InputError(f"{name}: line {number}: longer than {_LINE_BYTES} bytes")
    return line


def _shown(line: bytes) -> str:
    return line[:80].decode("ascii", errors="replace").strip()
