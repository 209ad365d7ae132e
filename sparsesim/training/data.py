"""Labelled samples."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError


@dataclass(frozen=True, eq=False)
class Samples:
    """What a network learns from, or is judged by.

    Attributes:
        inputs: float[n, ...] as the network reads them.
        labels: int[n], the right class of each sample.

    Raises InputError where these do not fit together, and for NaN or infinity.
    """

    inputs: NDArray[Any]
    labels: NDArray[Any]

    def __post_init__(self) -> None:
        inputs, labels = np.asarray(self.inputs), np.asarray(self.labels)
        if inputs.ndim < 2 or not len(inputs) or inputs.dtype.kind != "f":
            raise InputError(f"inputs are {inputs.dtype} {inputs.shape}: expected floats [n, ...] with n above 0")
        if labels.shape != inputs.shape[:1] or labels.dtype.kind not in "iu":
            raise InputError(f"labels are {labels.dtype} {labels.shape}: expected {len(inputs)} whole numbers")
        if labels.min() < 0:
            raise InputError(f"labels hold {labels.min()}: classes count from 0")
        if not np.isfinite(inputs).all():
            raise InputError("inputs hold NaN or infinity")

    def __len__(self) -> int:
        return len(self.labels)

    def tensors(self) -> tuple[Any, Any]:
        """Inputs as float32 and labels as int64 tensors."""
        from sparsesim.training.extra import torch_module

        torch = torch_module()
        inputs = np.ascontiguousarray(self.inputs, dtype=np.float32)
        return torch.from_numpy(inputs), torch.from_numpy(np.ascontiguousarray(self.labels, dtype=np.int64))
