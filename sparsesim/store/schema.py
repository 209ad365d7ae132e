"""The layout of a store's file, and how a file is known to be one.

`about`: name, description (JSON), baseline (JSON) and versions, a row each. `asked`: every point that the sweep asks
for, by its place in the sweep, with the labels that stand in results. `points`: a row per point that finished, with a
column per figure; what a point does not have is NULL. `layers`: the results behind it, compressed, in a table of their
own, so that whoever reads points does not read them.
"""

import re
import sqlite3
from pathlib import Path
from typing import Any, Final

from sparsesim.energies import ENERGIES
from sparsesim.errors import InputError
from sparsesim.results.columns import ADDED, ENERGY

APPLICATION_ID: Final = int.from_bytes(b"sspm", "big")
"""Bytes 68 to 71 of the file, by which `file` and we tell it from other databases."""
LAYOUT: Final = 1
"""Counted up when the tables change; bytes 60 to 63 of the file."""

_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_KEYS: Final = ("point", "network", "pruner", "format", "machine", "axes")
_TEXTS: Final = ("kernel", "unpacked", "weights", "dtype", "energy_table", "bottleneck", "status", "note")
_REALS: Final = ("seconds", "simulation_seconds", "density", "sparsity", "idle_w")

TEXT_COLUMNS: Final = frozenset((*_KEYS, *_TEXTS))
"""Columns of points whose values are texts."""
FIXED: Final = (*_KEYS, *_TEXTS, *_REALS, "layers", *(name for name in ADDED if name not in _REALS))
_TABLES: Final = {
    "about": "key TEXT PRIMARY KEY, value TEXT NOT NULL",
    "asked": "place INTEGER PRIMARY KEY, point TEXT NOT NULL, role TEXT NOT NULL, network TEXT NOT NULL, "
    "pruner TEXT NOT NULL, sparsity REAL, format TEXT NOT NULL, machine TEXT NOT NULL, axes TEXT NOT NULL",
    "layers": "point TEXT PRIMARY KEY, results BLOB NOT NULL",
}
_PLAIN: Final = re.compile(r"[^\x00\"]{1,200}")


def quoted(column: str) -> str:
    """A column's name within a statement; InputError for one that cannot be a name."""
    if not _PLAIN.fullmatch(column):
        raise InputError(f"{column!r}: no name of a column")
    return f'"{column}"'


def create(connection: sqlite3.Connection) -> None:
    """The tables of an empty file, within the transaction of the caller."""
    kinds = dict.fromkeys(FIXED, "INTEGER") | dict.fromkeys(TEXT_COLUMNS, "TEXT") | dict.fromkeys(_REALS, "REAL")
    kinds |= {ENERGY.column(part): "REAL" for part in ENERGIES}
    kinds["point"] = "TEXT NOT NULL UNIQUE"
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in kinds.items())
    for name, content in (_TABLES | {"points": columns}).items():
        connection.execute(f"CREATE TABLE {name} ({content})")
    connection.execute("CREATE INDEX asked_points ON asked (point)")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {LAYOUT}")


def columns_of(connection: sqlite3.Connection) -> list[str]:
    """The columns of `points`, in the order in which they were added."""
    return list(kinds_of(connection))


def kinds_of(connection: sqlite3.Connection) -> dict[str, str]:
    """The type of every column of `points`: INTEGER, REAL or TEXT."""
    kinds = {str(row[1]): str(row[2]).split()[0] for row in connection.execute("PRAGMA table_info(points)") if row[2]}
    return {name: kind if kind in ("INTEGER", "REAL") else "TEXT" for name, kind in kinds.items()}


def kind_of(value: Any) -> str:
    """The type of a new column for such a value."""
    return "INTEGER" if isinstance(value, int) else "REAL" if isinstance(value, float) else "TEXT"


def is_new(path: Path) -> bool:
    """Whether there is nothing to lose: no file yet, or an empty one."""
    return not path.exists() or (path.is_file() and path.stat().st_size == 0)


def check_file(path: Path) -> None:
    """InputError for a path that holds no store of this layout, however it came there. The file is not changed."""
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if not path.is_file():
        raise InputError(f"{path}: this is no file but a folder or device")
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if not header:
        raise InputError(f"{path}: empty: `sparsesim run FILE --store {path}` fills it")
    if not header.startswith(_MAGIC[: len(header)]):
        raise InputError(f"{path}: no store of a sweep, and no SQLite file at all: name a file that --store wrote")
    if len(header) < _HEADER_BYTES:
        raise InputError(f"{path}: cut off after {len(header)} bytes: nothing is left of it; delete it")
    layout, application = (int.from_bytes(header[at : at + 4], "big") for at in (60, 68))
    if application != APPLICATION_ID:
        raise InputError(f"{path}: a SQLite file of another program: name a file that --store wrote, or a new one")
    if layout != LAYOUT:
        age = "a newer" if layout > LAYOUT else "an older"
        raise InputError(
            f"{path}: written by {age} sparsesim (layout {layout}, this one reads {LAYOUT}): "
            "use that version, or write another file"
        )
