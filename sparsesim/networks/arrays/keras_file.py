"""Reads the weights of Keras models from HDF5 files; nothing but plain datasets is looked at."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError

_DEEPEST = 32
_WEIGHTS_IN_ARCHIVE = "model.weights.h5"
_HIGHEST_COMPRESSION = 1100  # deflate shrinks nothing further; a larger claim is an attack or damage
_NO_WEIGHTS = ("optimizer", "optimizer_weights", "top_level_model_weights")
_WRAPPERS = ("model_weights", "layers", "_layer_checkpoint_dependencies")
# What Keras 3 numbers, by number and whether it is a matrix: Dense and Conv hold two, recurrent cells three.
_ROLES = {(0, True): "kernel", (1, True): "recurrent_kernel", (1, False): "bias", (2, False): "bias"}
_VARIABLE = re.compile(r"^(?P<layer>.+)/vars/(?P<number>\d+)$")


def read_h5(path: Path) -> dict[str, NDArray[Any]]:
    """The datasets of a Keras `.h5` or `.weights.h5` file by name, such as `conv1/kernel`.

    Keras 3 numbers the variables of a layer; the first becomes `kernel` and the second `bias` where they have
    the ranks of such. Model descriptions in attributes are not read, and optimizer state is left out. Raises
    InputError for a damaged file, soft and external links, and datasets stored in another file.
    """
    return _read(path, path.stat().st_size)


def read_keras(path: Path) -> dict[str, NDArray[Any]]:
    """The weights in a `.keras` archive, see `read_h5`; nothing else in it is looked at."""
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo(_WEIGHTS_IN_ARCHIVE)
            if entry.file_size > path.stat().st_size * _HIGHEST_COMPRESSION:
                raise ValueError(f"{_WEIGHTS_IN_ARCHIVE} claims {entry.file_size} bytes")
            content = archive.read(entry)
    except Exception as error:  # zipfile and zlib each raise their own kind
        raise InputError(f"not a readable .keras file: {' '.join(str(error).split())}") from error
    return _read(io.BytesIO(content), len(content))


def _read(file: Path | io.BytesIO, size: int) -> dict[str, NDArray[Any]]:
    try:
        import h5py
    except ImportError as error:
        raise InputError("reading weights of Keras needs h5py: pip install 'sparsesim[keras]'") from error
    try:
        with h5py.File(file, "r") as opened:
            arrays = dict(_datasets(opened, "", _DEEPEST, size * _HIGHEST_COMPRESSION))
    except InputError:
        raise
    except Exception as error:  # HDF5 raises many kinds
        raise InputError(f"not a readable HDF5 file: {' '.join(str(error).split())}") from error
    return _named(arrays)


def _datasets(group: Any, prefix: str, depth: int, largest: int) -> Iterator[tuple[str, NDArray[Any]]]:
    import h5py

    if depth == 0:
        raise InputError(f"not a readable HDF5 file: groups are nested too deeply at {prefix!r}")
    for key in group:
        name = f"{prefix}{key}"
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise InputError(f"{name!r} is a link to elsewhere, which is not followed")
        if not prefix and key in _NO_WEIGHTS:
            continue
        entry = group[key]
        if isinstance(entry, h5py.Group):
            yield from _datasets(entry, f"{name}/", depth - 1, largest)
        elif isinstance(entry, h5py.Dataset) and entry.dtype.kind in "fiub":
            yield name, _values(name, entry, largest)


def _values(name: str, dataset: Any, largest: int) -> NDArray[Any]:
    if dataset.external or dataset.is_virtual:
        raise InputError(f"{name!r} lies in another file, which is not read")
    if dataset.shape is None or dataset.nbytes > largest:
        raise InputError(f"not a readable HDF5 file: {name!r} claims {dataset.nbytes} bytes")
    array = np.asarray(dataset[()])
    array.flags.writeable = False
    return array


def _named(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Names without wrappers, repeated parts and `:0`; where two would collide, as stored."""
    kernels = {match["layer"] for key, array in arrays.items() if array.ndim > 1 and (match := _VARIABLE.match(key))}
    names = {key: _name(key, array.ndim, kernels) for key, array in arrays.items()}
    values = list(names.values())
    return {name if values.count(name) == 1 else key: arrays[key] for key, name in names.items()}


def _name(key: str, rank: int, kernels: set[str]) -> str:
    match = _VARIABLE.match(key)
    if match and match["layer"] in kernels:
        role = _ROLES.get((int(match["number"]), rank > 1), match["number"])
        key = f"{match['layer']}/{role}"
    parts = [part for part in key.removesuffix(":0").split("/") if part not in _WRAPPERS]
    return "/".join(part for i, part in enumerate(parts) if i == 0 or part != parts[i - 1])
