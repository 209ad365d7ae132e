"""Results on disk while a sweep runs."""

import json
import logging
import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

from sparsesim.atomic import naming
from sparsesim.results import Result
from sparsesim.results.log_lines import whole_lines

LOG: Final = logging.getLogger(__name__)


class ResultLog:
    """Appends results to a `.jsonl` file as they come, so that an interrupted run loses nothing.

    The log of an earlier run that did not get as far as its table of layers, `NAME-layers.csv`, is kept beside it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.points = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        with naming(path):
            _set_aside(path)
            path.write_bytes(b"")

    def append(self, results: list[Result]) -> None:
        """Write one line per result and flush them to disk; all results of a point come together.

        All of them or none are in the file afterwards. Raises OSError that names it.
        """
        rows = "".join(json.dumps(result.flat()) + "\n" for result in results).encode()
        with naming(self.path), self.path.open("ab", buffering=0) as file:
            before = os.fstat(file.fileno()).st_size
            try:
                _write(file.fileno(), rows)
            except BaseException:
                with suppress(OSError):
                    file.truncate(before)
                raise
            # Written is kept, also where a signal comes while the disk is waited for.
            self.points += len({result.point for result in results})
            os.fsync(file.fileno())

    def kept(self, points: int) -> str:
        """In words, how many of all `points` are on disk."""
        return f"{self.points} of {points} points are in {self.path}" if self.points else "nothing is kept"


def _write(file: int, rows: bytes) -> None:
    while rows:  # once, unless there is no room: the second write tells why the first one was short
        rows = rows[os.write(file, rows) :]


def _set_aside(path: Path) -> None:
    """Give the finished rows of an earlier run another name, unless its table holds them; half a row is dropped."""
    if not path.is_file() or not path.stat().st_size:
        return
    lines, size_bytes = whole_lines(path)
    if not lines or _in_table(path, len(lines)):
        return
    os.truncate(path, size_bytes)
    names = (path.with_name(f"{path.stem}-earlier-{number}{path.suffix}") for number in count(1))
    aside = next(name for name in names if not name.exists())
    path.rename(aside)
    LOG.info("%s: %d rows of an earlier run that was not finished are now in %s", path, len(lines), aside)


def _in_table(path: Path, lines: int) -> bool:
    """Whether a table of as many rows was written after the log, as every run that ends writes one."""
    table = path.with_name(f"{path.stem}-layers.csv")
    if not table.is_file() or table.stat().st_mtime_ns < path.stat().st_mtime_ns:
        return False
    return table.read_bytes().count(b"\n") == lines + 1
