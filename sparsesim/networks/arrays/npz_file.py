"""Reads NumPy archives (`.npz`) of named arrays; nothing pickled is ever loaded."""

import warnings
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.arrays.archive import check_unpacked, checked_entry, opened_archive
from sparsesim.networks.arrays.bounds import checked_bytes, checked_name
from sparsesim.networks.arrays.names import NamedArrays
from sparsesim.networks.places import one_line, shown, within

_ENDING: Final = ".npy"
_HEADERS: Final = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    (3, 0): np.lib.format.read_array_header_2_0,  # names of fields in UTF-8; the rest is as in 2.0
}


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
    with archive.open(entry) as file:
        try:
            version = np.lib.format.read_magic(file)
            if version not in _HEADERS:
                raise InputError(f"header: version {version}: must be one of {', '.join(map(str, _HEADERS))}")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of NumPy and of Python's parser, about headers of an odd form
                shape, _, dtype = _HEADERS[version](file)
        except InputError:
            raise
        except Exception as error:  # NumPy parses the header as Python, which raises many kinds
            raise InputError(f"header: {one_line(error)}") from error
        begin = file.tell()
    if dtype.hasobject:
        raise InputError(f"header: type {dtype}: Python objects are not read")
    if not all(type(size) is int and size >= 0 for size in shape):  # True is an int, too
        raise InputError(f"header: shape: {shown(shape)}: must be whole numbers from 0 up")
    needed = checked_bytes(shape, dtype)
    if begin + needed != entry.file_size:
        raise InputError(
            f"header: shape: {shown(shape)} of {dtype} takes {needed} bytes, the entry has {entry.file_size - begin}"
        )


def _values(archive: zipfile.ZipFile, name: str, entry: zipfile.ZipInfo) -> NDArray[Any]:
    with within(f"array {shown(name)}"), archive.open(entry) as file:
        try:
            array = np.lib.format.read_array(file, allow_pickle=False)
        except Exception as error:  # zlib and NumPy each raise their own kind
            raise InputError(one_line(error)) from error
    array.flags.writeable = False
    return array
