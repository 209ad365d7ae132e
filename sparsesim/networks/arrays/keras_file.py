"""Reads the weights of Keras models from HDF5 files; nothing but plain datasets is looked at."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.arrays.archive import check_unpacked, checked_entry, opened_archive
from sparsesim.networks.arrays.bounds import checked_bytes, checked_name
from sparsesim.networks.arrays.hdf5_sizes import check_datasets
from sparsesim.places import one_line, shown, within

_DEEPEST = 32
_MOST_ENTRIES = 20_000  # HDF5 takes a second for them
_WEIGHTS_IN_ARCHIVE = "model.weights.h5"
_NO_WEIGHTS = ("optimizer", "optimizer_weights", "top_level_model_weights")
_WRAPPERS = ("model_weights", "layers", "_layer_checkpoint_dependencies")
# What Keras 3 numbers, by number and whether it is a matrix: Dense and Conv hold two, recurrent cells three.
_ROLES = {(0, True): "kernel", (1, True): "recurrent_kernel", (1, False): "bias", (2, False): "bias"}
_VARIABLE = re.compile(r"^(?P<layer>.+)/vars/(?P<number>\d+)$")


def read_h5(path: Path) -> dict[str, NDArray[Any]]:
    """The datasets of a Keras `.h5` or `.weights.h5` file by name, such as `conv1/kernel`.

    Keras 3 numbers the variables of a layer; the first becomes `kernel` and the second `bias` where they have
    the ranks of such. Model descriptions in attributes are not read, and optimizer state is left out. Raises
    InputError for a damaged file, soft and external links, datasets stored in another file, and, before any is read,
    for datasets that need more than the budget of memory.
    """
    return _read(path)


def read_keras(path: Path) -> dict[str, NDArray[Any]]:
    """The weights in a `.keras` archive, see `read_h5`; nothing else in it is looked at."""
    with within("not a readable .keras file"), opened_archive(path) as archive:
        entry = checked_entry(archive.getinfo(_WEIGHTS_IN_ARCHIVE))
        check_unpacked([entry])
        content = archive.read(entry)
    return _read(io.BytesIO(content))


def _read(file: Path | io.BytesIO) -> dict[str, NDArray[Any]]:
    try:
        import h5py
    except ImportError as error:
        raise InputError("reading weights of Keras needs h5py: pip install 'sparsesim[keras]'") from error
    with within("not a readable HDF5 file"):
        try:
            with h5py.File(file, "r") as opened:
                datasets = _found(opened)
                check_datasets(datasets)
                arrays = {name: _values(dataset) for name, dataset in datasets.items()}
        except InputError:
            raise
        except Exception as error:  # HDF5 raises many kinds
            raise InputError(one_line(error)) from error
    return _named(arrays)


def _found(opened: Any) -> dict[str, Any]:
    """The datasets of numbers by name; a group that many links lead to is walked through for each of them."""
    found: dict[str, Any] = {}
    for number, (name, entry) in enumerate(_entries(opened, "", _DEEPEST), 1):
        if number > _MOST_ENTRIES:
            raise InputError(f"more than {_MOST_ENTRIES} groups and datasets: at most as many are read")
        if entry is not None:
            found[checked_name(name)] = entry
    return found


def _entries(group: Any, prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Names, with the dataset of numbers that lies there, or None."""
    import h5py

    if depth == 0:
        raise InputError(f"groups are nested too deeply at {shown(prefix)}")
    for key in group:
        name = f"{prefix}{key}"
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise InputError(f"{shown(name)} is a link to elsewhere, which is not followed")
        if not prefix and key in _NO_WEIGHTS:
            continue
        entry = group[key]
        is_numbers = isinstance(entry, h5py.Dataset) and entry.dtype.kind in "fiub"
        if is_numbers:
            _check_stored_here(name, entry)
        yield name, entry if is_numbers else None
        if isinstance(entry, h5py.Group):
            yield from _entries(entry, f"{name}/", depth - 1)


def _check_stored_here(name: str, dataset: Any) -> None:
    if dataset.external or dataset.is_virtual:
        raise InputError(f"{shown(name)} lies in another file, which is not read")
    if dataset.shape is None:
        raise InputError(f"{shown(name)} has no shape")
    checked_bytes(dataset.shape, dataset.dtype)


def _values(dataset: Any) -> NDArray[Any]:
    array = np.asarray(dataset[()])
    array.flags.writeable = False
    return array


def _named(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Names without wrappers, repeated parts and `:0`; where two would collide, as stored."""
    kernels = {match["layer"] for key, array in arrays.items() if array.ndim > 1 and (match := _VARIABLE.match(key))}
    names = {key: _name(key, array.ndim, kernels) for key, array in arrays.items()}
    times = Counter(names.values())
    return {name if times[name] == 1 else key: arrays[key] for key, name in names.items()}


def _name(key: str, rank: int, kernels: set[str]) -> str:
    match = _VARIABLE.match(key)
    if match and match["layer"] in kernels:
        role = _ROLES.get((int(match["number"]), rank > 1), match["number"])
        key = f"{match['layer']}/{role}"
    parts = [part for part in key.removesuffix(":0").split("/") if part not in _WRAPPERS]
    return "/".join(part for i, part in enumerate(parts) if i == 0 or part != parts[i - 1])
