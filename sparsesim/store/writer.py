"""Opening a store, to read or to go on with it.

The journal is SQLite's rollback journal (DELETE), with synchronous = EXTRA. A commit is on the disk when it returns,
power loss included, and between commits the store is exactly one file that may be copied or moved. Write-ahead logging
would let readers overlap with commits, but needs memory that processes share: it does not work on network file systems,
which clusters have, and leaves two more files until the last process is gone. Commits here are rare and short, so that
readers and the one writer just wait for each other.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sparsesim.errors import InputError
from sparsesim.limits import MAX_INT64
from sparsesim.results import IDENTITY, PointRecord
from sparsesim.results.columns import AXES
from sparsesim.store.asked import FAILED, Asked, axes_text
from sparsesim.store.faults import WAIT_SECONDS, in_words
from sparsesim.store.lock import sole_writer
from sparsesim.store.schema import check_file, columns_of, create, is_new, kind_of, quoted
from sparsesim.store.store import Store

_ASKED_COLUMNS: Final = 8
_MAX_COLUMNS: Final = 1900
"""SQLite takes 2000."""


@contextmanager
def opened(path: str | Path) -> Iterator[Store]:
    """A store to read from, beside its writer if there is one. InputError for a file that is none, or damaged.

    >>> import sparsesim as ss
    >>> from sparsesim.store import opened
    >>> try:
    ...     with opened("nowhere.db"):
    ...         pass
    ... except ss.SparsesimError as error:
    ...     print(error)
    nowhere.db: no such file
    """
    given, file = Path(path), _real(path)
    check_file(given)
    with in_words(given):
        if _roll_back(file):
            check_file(given)
        with closing(_connected(file, "ro")) as connection:
            yield Store(given, connection)


@contextmanager
def writing(
    path: str | Path, name: str, description: Mapping[str, Any], baseline: Mapping[str, Any], asked: Sequence[Asked]
) -> Iterator["StoreWriter"]:
    """A store to add points to: a new one, or one that is gone on with, whatever its description was before.

    `asked` are all points in the order of the sweep; see `Store` for what becomes of others that are there. Raises
    InputError where another process writes it, for a file that is no store, which stays as it is, and where the folder
    is missing; OSError where it cannot be written.
    """
    given, file = Path(path), _real(path)
    if not file.parent.is_dir():
        raise InputError(f"{given}: there is no such folder")
    if not is_new(file):
        check_file(given)
    with sole_writer(file), in_words(given), closing(_connected(file, "rwc")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = EXTRA")
        store = StoreWriter(given, connection)
        store.describe(name, description, baseline, asked)
        yield store


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))


def _connected(file: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{file.as_uri()}?mode={mode}", WAIT_SECONDS, isolation_level=None, uri=True)
    for guard in ("trusted_schema = OFF", "cell_size_check = ON"):  # the file may come from anywhere
        connection.execute(f"PRAGMA {guard}")
    return connection


def _roll_back(file: Path) -> bool:
    """Undo what a killed writer left half done, which a reader may not; where nobody may write, reading tells."""
    if not file.with_name(f"{file.name}-journal").exists():
        return False
    with suppress(sqlite3.OperationalError), closing(_connected(file, "rw")) as connection:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    return True


class StoreWriter(Store):
    """A store that points are added to; see `writing`."""

    def describe(
        self,
        name: str,
        description: Mapping[str, Any],
        baseline: Mapping[str, Any],
        asked: Sequence[Asked],
    ) -> None:
        """Write down what is asked for; nothing is written where that is what stands there already."""
        rows = [(place, *each[:7], axes_text(each.axes)) for place, each in enumerate(asked)]
        digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
        about = {
            "name": name,
            "description": json.dumps(dict(description)),
            "baseline": json.dumps(dict(baseline)),
            "version": import_module("sparsesim").__version__,
            "asked": digest,
        }
        with self._transaction():
            if not columns_of(self._connection):
                create(self._connection)
            known = dict(self._connection.execute("SELECT key, value FROM about"))
            if known == about:
                return
            self._connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", about.items())
            if known.get("asked") != digest:
                self._connection.execute("DELETE FROM asked")
                places = ", ".join("?" * (1 + _ASKED_COLUMNS))
                self._connection.executemany(f"INSERT INTO asked VALUES ({places})", rows)

    def add(self, records: Iterable[PointRecord]) -> None:
        """Keep these points, all of them or none; they are on the disk when this returns.

        A point that is there already, such as one that failed before, is replaced. One whose sums 64 bits cannot hold
        is kept as failed. Raises OSError that tells how many points are kept where the disk takes no more.
        """
        kept = list(records)
        rows = [_stored(record.row) for record in kept]
        # Points of one machine have the same columns, and so one statement.
        alike: dict[tuple[str, ...], list[list[Any]]] = {}
        for row in rows:
            alike.setdefault(tuple(row), []).append([*row.values()])
        layers = [(row[IDENTITY], record.layers) for row, record in zip(rows, kept, strict=True)]
        with in_words(self.path, self._kept), self._transaction():
            self._add_columns(rows)
            for columns, values in alike.items():
                names, holes = ", ".join(map(quoted, columns)), ", ".join("?" * len(columns))
                statement = f"INSERT OR REPLACE INTO points ({names}) VALUES ({holes})"
                self._connection.executemany(statement, values)
            self._connection.executemany("INSERT OR REPLACE INTO layers VALUES (?, ?)", layers)

    def _add_columns(self, rows: Iterable[Mapping[str, Any]]) -> None:
        known = set(columns_of(self._connection))
        new = {name: kind_of(value) for row in rows for name, value in row.items() if name not in known}
        if len(known) + len(new) > _MAX_COLUMNS:
            raise InputError(f"{self.path}: more than {_MAX_COLUMNS} different figures")
        for name, kind in new.items():
            self._connection.execute(f"ALTER TABLE points ADD COLUMN {quoted(name)} {kind}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # after a full disk SQLite has done so itself
                self._connection.execute("ROLLBACK")
            raise

    def _kept(self) -> str:
        with suppress(sqlite3.Error):
            (number,) = self._connection.execute("SELECT count(*) FROM points").fetchone()
            return f"{number} {'point is' if number == 1 else 'points are'} kept"
        return "what was committed is kept"


def _stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a record by column: axes as one text, nothing that is missing."""
    axes = {AXES.key(name) or "": value for name, value in row.items() if name.startswith(AXES.prefix)}
    plain = {name: value for name, value in row.items() if value is not None and not name.startswith(AXES.prefix)}
    plain["axes"] = axes_text(axes)
    large = [name for name, value in plain.items() if isinstance(value, int) and abs(value) > MAX_INT64]
    if not large:
        return plain
    note = f"{large[0]}: {plain[large[0]]} is more than 64 bits can count"
    told = {name: value for name, value in plain.items() if not isinstance(value, int | float)}
    return told | {"layers": 0, "sparsity": row["sparsity"], "status": FAILED, "bottleneck": "", "note": note}
