"""Files in .zip and .tar archives as streams: read in place, never extracted to a path that the archive chooses."""

import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, cast

from sparsesim.errors import InputError
from sparsesim.limits import in_words

TAR_SUFFIXES: Final = (".tar", ".tar.gz", ".tgz")
BROKEN: Final = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
    RuntimeError,  # an encrypted member
    NotImplementedError,  # a kind of compression that Python lacks
)
"""What reading a damaged file raises."""

_MEMBERS: Final = 10**6
"""An archive of more is refused: an empty file takes 512 zeros of a .tar, which gzip packs into one or two bytes."""
_UNPACKED_BYTES: Final = 2**37
"""Of a .tar at most (assumed): several times the largest text of the SuiteSparse Matrix Collection."""
_HEADER_BYTES: Final = 2**24
"""Longer names and attributes of one file are refused, which `tarfile` would read at once."""
_BLOCK: Final = 512
_GZIP: Final = b"\x1f\x8b"


def is_archive(path: Path) -> bool:
    """Whether the name is one of a .zip, .tar, .tar.gz or .tgz archive."""
    return path.suffix == ".zip" or path.name.endswith(TAR_SUFFIXES)


@contextmanager
def reading(label: str) -> Iterator[None]:
    """What a damaged file raises inside becomes an InputError that begins with `label`."""
    try:
        yield
    except BROKEN as error:
        raise InputError(f"{label}: cannot be read ({' '.join(str(error).split())})") from error


@contextmanager
def member_of(file: Path, stream: IO[bytes], member: str) -> Iterator[IO[bytes]]:
    """One file of the archive `file`, whose bytes `stream` holds; InputError that names the archive if it has none."""
    with ExitStack() as stack:
        if file.name.endswith(TAR_SUFFIXES):
            found = (each for name, each in _tar_files(file, stream, stack, {member}.__contains__) if name == member)
            inside = next(found, None)
            if inside is None:
                raise InputError(f"{file}: no member {member!r} in this archive")
            yield inside
            return
        archive = stack.enter_context(zipfile.ZipFile(stream))
        check_members(archive.namelist(), str(file))
        if member not in archive.namelist():
            raise InputError(f"{file}: no member {member!r} in this archive")
        yield stack.enter_context(archive.open(member))


def each_member(file: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and bytes of every wanted file of an archive, in its order; a stream is to be read before the next is asked.

    Raises InputError for two wanted files of one name, for links, and for what is no archive; reading a stream may
    raise any of BROKEN.
    """
    with ExitStack() as stack:
        with reading(str(file)):
            stream = stack.enter_context(file.open("rb"))
        if file.name.endswith(TAR_SUFFIXES):
            names: list[str] = []
            for name, inside in _tar_files(file, stream, stack, wanted):
                names.append(name)
                yield name, inside
            check_members(names, str(file))
            return
        with _as_zip(file):
            archive = stack.enter_context(zipfile.ZipFile(stream))
            check_members(archive.namelist(), str(file))
        for name in filter(wanted, archive.namelist()):
            with reading(f"{file}/{name}"):
                inside = archive.open(name)
            with inside:
                yield name, inside


def member_names(file: Path) -> list[str]:
    """Names of the files in an archive, in its order; InputError for what is no archive."""
    if file.name.endswith(TAR_SUFFIXES):
        return [name for name, _ in each_member(file, lambda name: True)]
    with _as_zip(file), zipfile.ZipFile(file) as archive:
        check_members(archive.namelist(), str(file))
        return archive.namelist()


def check_members(names: Iterable[str], label: str) -> None:
    """InputError for two members of one name, of which only one could be reached."""
    counts = Counter(names)
    twice = next((name for name, count in counts.items() if count > 1), None)
    if twice is not None:
        raise InputError(f"{label}: member {twice!r} is there {counts[twice]} times")


@contextmanager
def _as_zip(file: Path) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise InputError(f"{file}: not a readable zip archive ({' '.join(str(error).split())})") from error


def _tar_files(
    file: Path, stream: IO[bytes], stack: ExitStack, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, IO[bytes]]]:
    """Wanted files in order. What is wanted and no file, such as a link, is refused; folders are none."""
    with reading(str(file)):
        packed = stream.read(len(_GZIP)) == _GZIP  # servers and browsers unpack some, and leave the name
        stream.seek(0)
        data = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=stream))) if packed else stream
        bounded = _Bounded(data, str(file))
        archive = stack.enter_context(tarfile.TarFile(fileobj=cast(IO[bytes], bounded)))
    count = 0
    while True:
        with reading(str(file)):
            entry = archive.next()
            archive.members.clear()  # type: ignore[attr-defined] # which would grow with the archive
        if entry is None:
            break
        count += 1
        if count > _MEMBERS:
            raise InputError(f"{file}: holds more than {_MEMBERS} members")
        name = entry.name.removeprefix("./")
        if entry.isdir() or not wanted(name):
            continue
        inside = archive.extractfile(entry) if entry.isreg() and not entry.issparse() else None
        if inside is None:
            raise InputError(f"{file}: member {name!r}: must be a file; links, devices and sparse files are not read")
        with inside:
            yield name, inside
    with reading(str(file)):
        bounded.seek(archive.offset)
        if bounded.read(_BLOCK) != bytes(_BLOCK):  # `tarfile` takes a damaged header for the end
            raise InputError(f"{file}: breaks off after {count} members")
        while bounded.read(_HEADER_BYTES):  # the checksum of what is packed stands at its end
            pass


class _Bounded(io.RawIOBase):
    """Unpacked bytes, as far as they go in sensible archives and no further."""

    def __init__(self, data: IO[bytes], label: str) -> None:
        self._data, self._label = data, label

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _HEADER_BYTES:
            raise InputError(f"{self._label}: a header of {in_words(max(size, 0))}; at most {in_words(_HEADER_BYTES)}")
        self._check(self.tell() + size)
        return self._data.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._check(offset)
        return self._data.seek(offset, whence)

    def tell(self) -> int:
        return self._data.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def _check(self, position: int) -> None:
        if position > _UNPACKED_BYTES:
            raise InputError(f"{self._label}: unpacks to more than {in_words(_UNPACKED_BYTES)}")
