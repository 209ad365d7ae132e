"""One writer at a time: a lock on a file beside the store, which ends with the process that holds it."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sparsesim.errors import InputError

_LONGEST: Final = 200
"""Bytes of what a lock file says of its holder."""


@contextmanager
def sole_writer(path: Path) -> Iterator[None]:
    """Within the block no other process writes the store; InputError that names the one that does.

    The lock is not on the store: on network file systems it would keep SQLite's own locks out. The file of the lock
    is removed at the end. After kill -9 it is left, but nothing holds it, and the next writer takes it.
    """
    lock = path.with_name(f"{path.name}.lock")
    file = _locked(path, lock)
    try:
        os.ftruncate(file, 0)
        os.write(file, f"process {os.getpid()} on {socket.gethostname()}".encode()[:_LONGEST])
        yield
    finally:
        lock.unlink(missing_ok=True)  # while it is held, so that nobody waits for a file without a name
        os.close(file)


def _locked(path: Path, lock: Path) -> int:
    while True:
        file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_there(file, lock):
                return file
        except BlockingIOError:
            holder = os.read(file, _LONGEST).decode(errors="replace") or "another process"
            os.close(file)
            raise InputError(f"{path}: {holder} is writing it: wait until that has ended, or write another") from None
        except BaseException:
            os.close(file)
            raise
        os.close(file)  # removed by its last holder since it was opened


def _is_there(file: int, lock: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), lock.stat())
    except FileNotFoundError:
        return False
