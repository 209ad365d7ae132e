"""Files of named arrays: NumPy archives, safetensors, and state dicts of PyTorch."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.arrays.keras_file import read_h5, read_keras
from sparsesim.networks.arrays.layout import Layout
from sparsesim.networks.arrays.names import Arrays
from sparsesim.networks.arrays.safetensors_file import read_safetensors


def _read_npz(path: Path) -> Arrays:
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


def _read_torch(path: Path) -> Arrays:
    try:
        import torch
    except ImportError as error:
        raise InputError("reading .pt files needs PyTorch: pip install 'sparsesim[torch]'") from error
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files raise many kinds
        reason = str(error).split("\n")[0]
        raise InputError(f"not a readable file of tensors (whole modules are not unpickled): {reason}") from error
    content = content.get("state_dict", content) if isinstance(content, dict) else content
    if not isinstance(content, dict):
        raise InputError(f"a state dict is needed, found {type(content).__name__}")
    return {key: _to_numpy(value) for key, value in content.items() if isinstance(value, torch.Tensor)}


def _to_numpy(tensor: Any) -> NDArray[Any]:
    values = tensor.detach().to_dense() if tensor.is_sparse else tensor.detach()
    return np.asarray(values.float().numpy() if values.is_floating_point() else values.numpy())


ARRAY_READERS: dict[str, Callable[[Path], Arrays]] = {
    ".npz": _read_npz,
    ".safetensors": read_safetensors,
    ".pt": _read_torch,
    ".pth": _read_torch,
    ".h5": read_h5,
    ".hdf5": read_h5,
    ".keras": read_keras,
}

DEFAULT_LAYOUTS: dict[str, Layout] = dict.fromkeys((".h5", ".hdf5", ".keras"), "in_out")


def read_arrays(path: Path) -> Arrays:
    """All arrays of a file by name; InputError, naming the file, where it is missing, damaged or of another kind."""
    reader = ARRAY_READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: arrays are read from {', '.join(ARRAY_READERS)}")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        return reader(path)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
