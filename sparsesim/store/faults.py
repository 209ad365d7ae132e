"""What SQLite has to say against a file, in one line that says what to do."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sparsesim.errors import InputError

WAIT_SECONDS: Final = 60.0
"""How long a reader waits for a commit, and a commit for readers."""

DAMAGED: Final = "move it away and run the sweep again; `sqlite3 FILE .recover` reads what is left"
_PRIMARY: Final = 0xFF
"""The bits of an error code that say its kind."""


def _kept_unknown() -> str:
    return ""


@contextmanager
def in_words(path: Path, kept: Callable[[], str] = _kept_unknown) -> Iterator[None]:
    """Errors of SQLite as InputError that names the file, or OSError where the disk takes no more.

    `kept` says in words what is safe, such as "384 points are kept".
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):  # faults of the caller
        raise
    except sqlite3.Error as error:
        raise _told(path, error, kept()) from error


def _told(path: Path, error: sqlite3.Error, kept: str) -> Exception:
    said = " ".join(str(error).split())
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & _PRIMARY
    after = f"; {kept}" if kept else ""
    if code == sqlite3.SQLITE_FULL:
        return OSError(errno.ENOSPC, f"no space left on the disk{after}", str(path))
    if code == sqlite3.SQLITE_IOERR:
        return OSError(
            errno.EIO, f"cannot be read or written: {said} (a full disk or a limit on sizes?){after}", str(path)
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return InputError(f"{path}: another process has kept it busy for {WAIT_SECONDS:.0f} s: try again{after}")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH):
        return InputError(f"{path}: cannot be opened or written: {said}: check the permissions of file and folder")
    if code == sqlite3.SQLITE_NOMEM:
        return MemoryError(f"{path}: {said}")
    return InputError(f"{path}: damaged: {said}: {DAMAGED}")
