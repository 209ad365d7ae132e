"""Reads state dicts that PyTorch saved (`.pt`, `.pth`); whole modules are not unpickled."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.arrays.names import NamedArrays


def read_torch(path: Path) -> NamedArrays:
    """The tensors of a state dict, or of the entry "state_dict", floats as float32.

    Raises InputError for anything else in the file, and where PyTorch is not installed.
    """
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
