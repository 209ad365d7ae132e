"""Reads NumPy archives (`.npz`) of named arrays; nothing pickled is ever loaded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.arrays.names import NamedArrays


def read_npz(path: Path) -> NamedArrays:
    """The arrays of an archive, read-only. Raises InputError for a damaged file and for a single array."""
    try:
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, np.lib.npyio.NpzFile):
            with archive:
                return dict(_entries(archive))
        raise ValueError("it holds a single array")
    except Exception as error:  # zipfile, zlib and NumPy each raise their own kind
        raise InputError(f"not a readable .npz file: {' '.join(str(error).split())}") from error


def _entries(archive: "np.lib.npyio.NpzFile[Any]") -> Iterator[tuple[str, NDArray[Any]]]:
    for key in archive.files:
        array = archive[key]
        array.flags.writeable = False
        yield key, array
