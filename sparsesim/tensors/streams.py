"""Matrix files as streams of bytes: plain, gzipped, or inside a zip archive, whose own sizes are not believed."""

import gzip
import io
import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, cast

from sparsesim.errors import InputError
from sparsesim.limits import budget_bytes, in_words

BROKEN: Final = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    RuntimeError,  # an encrypted member
    NotImplementedError,  # a kind of compression that Python lacks
)
"""What reading a damaged file raises."""
_CHUNK_BYTES: Final = 2**20


@contextmanager
def opened(file: Path, member: str | None, label: str) -> Iterator[IO[bytes]]:
    """The file, or a member of a zip archive, unpacked where its name ends in .gz.

    Reading may raise any of BROKEN, which becomes an InputError that begins with `label` at the end of the block.
    """
    try:
        with ExitStack() as stack:
            stream: IO[bytes] = stack.enter_context(file.open("rb"))
            if member is not None:
                archive = stack.enter_context(zipfile.ZipFile(stream))
                check_members(archive, str(file))
                if member not in archive.namelist():
                    raise InputError(f"{file}: no member {member!r} in this archive")
                stream = stack.enter_context(archive.open(member))
            if (member or file.name).endswith(".gz"):
                stream = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=stream)))
            yield stream
    except BROKEN as error:
        raise InputError(f"{label}: cannot be read ({' '.join(str(error).split())})") from error


def check_members(archive: zipfile.ZipFile, label: str) -> None:
    """InputError for two members of one name, of which only the last could be reached."""
    counts = Counter(archive.namelist())
    twice = next((name for name, count in counts.items() if count > 1), None)
    if twice is not None:
        raise InputError(f"{label}: member {twice!r} is there {counts[twice]} times")


def seekable(stream: IO[bytes], label: str) -> IO[bytes]:
    """A stream that can be read in any order: the file itself, or what a packed one unpacks to, if memory allows."""
    if isinstance(stream, io.BufferedReader | io.BytesIO):
        return stream
    budget, data = budget_bytes(), bytearray()
    while chunk := stream.read(_CHUNK_BYTES):
        data += chunk
        if len(data) > budget:
            raise InputError(
                f"{label}: unpacks to more than the {in_words(budget)} of memory that one input may take; "
                "--memory allows more"
            )
    return io.BytesIO(data)
