"""The directory of a ZIP archive, checked before anything in it is unpacked."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.networks.arrays.bounds import MOST_ARRAYS
from sparsesim.places import one_line, shown

HIGHEST_COMPRESSION: Final = 1100
"""Deflate shrinks nothing further (1032 to 1); a larger claim is an attack or damage."""
_PLAIN: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 1


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive while inside; whatever `zipfile`, `zlib` or a parser of its content raises becomes InputError."""
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MOST_ARRAYS:
                raise InputError(f"{len(archive.infolist())} entries: at most {MOST_ARRAYS} are read")
            yield archive
    except InputError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy each raise their own kind
        raise InputError(one_line(error)) from error


def checked_entry(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """An entry that can be unpacked to what it claims; InputError for any other.

    The two kinds that writers of arrays use are unpacked in small pieces; others unpack as much as they like at once.
    """
    place = f"entry {shown(entry.filename)}"
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _PLAIN:
        raise InputError(f"{place}: neither stored nor deflated, but method {entry.compress_type}, or encrypted")
    if entry.file_size > max(entry.compress_size, 1) * HIGHEST_COMPRESSION:
        raise InputError(f"{place} claims {entry.file_size} bytes, packed into {entry.compress_size}")
    return entry


def check_unpacked(entries: list[zipfile.ZipInfo]) -> None:
    """InputError if the entries take more memory, unpacked, than one input may."""
    check_memory("unpacking it", sum(entry.file_size for entry in entries))
