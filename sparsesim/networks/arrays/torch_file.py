"""Reads state dicts that PyTorch saved (`.pt`, `.pth`); whole modules are not unpickled."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.limits import check_memory, checked_size
from sparsesim.networks.arrays.archive import check_unpacked, opened_archive
from sparsesim.networks.arrays.bounds import checked_names
from sparsesim.networks.arrays.names import NamedArrays
from sparsesim.places import one_line, shown, within

OLDEST: Final = (2, 6)
"""Before that, a file that claims to hold tensors alone could run code (CVE-2025-32434)."""
_FLOAT32_BYTES: Final = 4
_STATE: Final = "state_dict"
_ARCHIVE: Final = b"PK\x03\x04"


def read_torch(path: Path) -> NamedArrays:
    """The tensors of a state dict, or of the entry "state_dict", floats as float32.

    What the file unpacks to is checked before it is read, and what its tensors take as arrays before one is made: a
    view may repeat one stored value any number of times. Raises InputError for anything else in the file, for tensors
    without plain values (quantised, nested or on the meta device), and where PyTorch is not installed or older than
    2.6.
    """
    try:
        import torch
    except ImportError as error:
        raise InputError("reading .pt files needs PyTorch: pip install 'sparsesim[torch]'") from error
    _check_version(torch.__version__)
    check_memory("reading its tensors", path.stat().st_size)
    if _is_archive(path):
        # PyTorch stores its entries as they are, but unpacks packed ones, too.
        with within("not a readable file of tensors"), opened_archive(path) as archive:
            check_unpacked(archive.infolist())
    state = _state(_loaded(path))
    _check(state)
    return {name: _to_numpy(name, tensor) for name, tensor in state.items()}


def _check_version(version: str) -> None:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise InputError(f"reading .pt files safely needs PyTorch {needed} or later, found {version}")


def _is_archive(path: Path) -> bool:
    """As PyTorch tells archives from what it wrote before 1.6."""
    with path.open("rb") as file:
        return file.read(len(_ARCHIVE)) == _ARCHIVE


def _loaded(path: Path) -> Any:
    import torch

    try:
        with torch.sparse.check_sparse_tensor_invariants(True):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files raise many kinds
        reason = str(error).split("\n")[0]
        raise InputError(f"not a readable file of tensors (whole modules are not unpickled): {reason}") from error


def _state(content: Any) -> dict[str, Any]:
    import torch

    content = content.get(_STATE, content) if isinstance(content, dict) else content
    if not isinstance(content, Mapping):
        raise InputError(f"a state dict is needed, found {type(content).__name__}")
    tensors = {key: value for key, value in content.items() if isinstance(value, torch.Tensor)}
    checked_names(tensors)
    return tensors


def _check(tensors: dict[str, Any]) -> None:
    held_bytes = 0
    for name, tensor in tensors.items():
        with within(f"tensor {shown(name)}"):
            _check_plain(tensor)
            held_bytes += checked_size("shape", *tensor.shape, max(_FLOAT32_BYTES, tensor.element_size()))
    check_memory("reading its tensors", held_bytes)


def _check_plain(tensor: Any) -> None:
    if tensor.device.type != "cpu":
        raise InputError(f"device: {tensor.device.type}: it has no values")
    if tensor.is_quantized:
        raise InputError(f"type: {tensor.dtype}: quantised tensors are not read")
    if tensor.is_nested:
        raise InputError("layout: nested tensors are not read")


def _to_numpy(name: str, tensor: Any) -> NDArray[Any]:
    import torch

    with within(f"tensor {shown(name)}"):
        try:
            values = tensor.detach()
            values = values if values.layout is torch.strided else values.to_dense()
            return np.asarray(values.float().numpy() if values.is_floating_point() else values.numpy())
        except Exception as error:  # types that NumPy lacks, and whatever else tensors can be
            raise InputError(f"type: {tensor.dtype}: {one_line(error)}") from error
