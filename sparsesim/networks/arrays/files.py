"""The kinds of files that hold named arrays, by suffix.

A new kind is one file with a reader and one row of ARRAY_FILES; `load_network` and `read_arrays` find it there.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sparsesim.errors import InputError
from sparsesim.networks.arrays.keras_file import read_h5, read_keras
from sparsesim.networks.arrays.layout import Layout
from sparsesim.networks.arrays.names import NamedArrays
from sparsesim.networks.arrays.npz_file import read_npz
from sparsesim.networks.arrays.safetensors_file import read_safetensors
from sparsesim.networks.arrays.torch_file import read_torch
from sparsesim.places import within


class ArrayFile(NamedTuple):
    """How to read a kind of file, and the layout that its weights usually have."""

    read: Callable[[Path], NamedArrays]
    layout: Layout = "out_in"


ARRAY_FILES: dict[str, ArrayFile] = {
    ".npz": ArrayFile(read_npz),
    ".safetensors": ArrayFile(read_safetensors),
    ".pt": ArrayFile(read_torch),
    ".pth": ArrayFile(read_torch),
    ".h5": ArrayFile(read_h5, "in_out"),
    ".hdf5": ArrayFile(read_h5, "in_out"),
    ".keras": ArrayFile(read_keras, "in_out"),
}


def usual_layout(path: Path) -> Layout:
    """The layout that the weights of such a file usually have; "out_in" for any other suffix."""
    kind = ARRAY_FILES.get(path.suffix.lower())
    return "out_in" if kind is None else kind.layout


def read_arrays(path: Path) -> NamedArrays:
    """All arrays of a file by name; InputError, naming the file, where it is missing, damaged or of another kind."""
    kind = ARRAY_FILES.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path}: arrays are read from {', '.join(ARRAY_FILES)}")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    with within(path):
        return kind.read(path)
