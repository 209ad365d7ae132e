"""Matrix files as streams of bytes: plain, gzipped, or inside an archive, whose own sizes are not believed."""

import gzip
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, cast

from sparsesim.errors import InputError
from sparsesim.limits import budget_bytes, in_words
from sparsesim.tensors.archives import member_of, reading

_CHUNK_BYTES: Final = 2**20


@contextmanager
def opened(file: Path, member: str | None, label: str) -> Iterator[IO[bytes]]:
    """The file, or a member of an archive, unpacked where its name ends in .gz.

    Reading may raise any of BROKEN, which becomes an InputError that begins with `label` at the end of the block.
    """
    with reading(label), ExitStack() as stack:
        stream: IO[bytes] = stack.enter_context(file.open("rb"))
        if member is not None:
            stream = stack.enter_context(member_of(file, stream, member))
        yield stack.enter_context(unpacked(stream, member or file.name))


@contextmanager
def unpacked(stream: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """The bytes of a stream, unpacked where the name ends in .gz."""
    if not name.endswith(".gz"):
        yield stream
        return
    with gzip.GzipFile(fileobj=stream) as data:
        yield cast(IO[bytes], data)


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
