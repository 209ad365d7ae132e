"""SHA-256 of what lies in the cache, recorded beside it in the form that `sha256sum --check` reads."""

import hashlib
import logging
import re
from pathlib import Path
from typing import Final

from sparsesim.atomic import replacing
from sparsesim.errors import InputError

LOG: Final = logging.getLogger(__name__)
_RECORD: Final = re.compile(r"([0-9a-f]{64})  ")


def sha256_of(file: Path) -> str:
    """The hash of a file, read piece by piece; InputError if it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error


def record_of(file: Path) -> Path:
    """Where the hash of a file is recorded."""
    return file.with_name(f"{file.name}.sha256")


def recorded(file: Path) -> str:
    """The hash that a file had when it was first used, "" if there is no record; InputError for one that is none."""
    record = record_of(file)
    try:
        text = record.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InputError(f"{record}: cannot be read ({error.strerror})") from error
    match = _RECORD.match(text)
    if match is None:
        raise InputError(
            f"{record}: must begin with 64 hexadecimal digits and two spaces; remove it to trust the file anew"
        )
    return match[1]


def remember(file: Path, sha256: str) -> None:
    """Record the hash of a file, unless there is a record."""
    if recorded(file):
        return
    try:
        with replacing(record_of(file)) as new:
            new.write_text(f"{sha256}  {file.name}\n", encoding="utf-8")
    except OSError as error:  # a cache that others fill
        LOG.info("%s: cannot be written (%s): the next use is not checked", record_of(file), error.strerror)


def check(what: str, found: str, file: Path, pinned: str = "") -> None:
    """InputError, with both hashes and who says which, if `what` is not what the name or the record promises."""
    if pinned and found != pinned:
        raise InputError(f"{what}: sha256: {found}: must be {pinned}, as its name says")
    known = recorded(file)
    if known and found != known:
        raise InputError(
            f"{what}: sha256: {found}: must be {known}, as {record_of(file)} says; remove that if the change is meant"
        )
