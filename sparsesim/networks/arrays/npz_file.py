"""Reads NumPy archives (`.npz`) of named arrays; nothing pickled is ever loaded."""

import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.arrays.archive import check_unpacked, checked_entry, opened_archive
from sparsesim.networks.arrays.bounds import checked_bytes, checked_name
from sparsesim.networks.arrays.names import NamedArrays
from sparsesim.places import one_line, shown, within

_ENDING: Final = ".npy"


def read_npz(path: Path) -> NamedArrays:
    """The arrays of an archive, read-only.

    The directory of the archive, the headers of all arrays and the memory that they ask for are checked before any
    value is read. Raises InputError for a damaged file, a single array, and whatever is no array of plain values.
    """
    with within("not a readable .npz file"):
        with path.open("rb") as file:
            if file.read(len(np.lib.format.MAGIC_PREFIX)) == np.lib.format.MAGIC_PREFIX:
                raise InputError("it holds a single array")
        with opened_archive(path) as archive:
            return {name: _values(archive, name, entry) for name, entry in _checked(archive).items()}


def _checked(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    entries = [checked_entry(entry) for entry in archive.infolist()]
    check_unpacked(entries)
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = checked_name(entry.filename.removesuffix(_ENDING))
        if name in found:
            raise InputError(f"array {shown(name)} occurs twice")
        with within(f"array {shown(name)}"):
            _check_header(archive, entry)
        found[name] = entry
    return found


def _check_header(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    from sparsesim.tensors.npy import read_header  # loads Numba, which networks without such a file do without

    with archive.open(entry) as file:
        header = read_header(file, "header")
        left = entry.file_size - file.tell()
    needed = checked_bytes(header.shape, header.dtype)
    if needed != left:
        raise InputError(
            f"header: shape: {shown(header.shape)} of {header.dtype} takes {needed} bytes, the entry has {left}"
        )


def _values(archive: zipfile.ZipFile, name: str, entry: zipfile.ZipInfo) -> NDArray[Any]:
    from sparsesim.tensors.npy import read_entries, read_header

    with within(f"array {shown(name)}"), archive.open(entry) as file:
        try:
            array = read_entries(file, read_header(file, "header"), "values")
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise InputError(one_line(error)) from error
    array.flags.writeable = False
    return array
