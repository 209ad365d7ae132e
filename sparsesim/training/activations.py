"""Sparse activations: ReLUs with a threshold, and how many of their outputs are zero."""

import copy
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.training.data import Samples
from sparsesim.training.extra import one_thread, torch_module
from sparsesim.training.regularisers import rectifiers, relu_outputs

if TYPE_CHECKING:
    import torch


def with_fatrelu(module: "torch.nn.Module", threshold: float | Mapping[str, float]) -> "torch.nn.Module":
    """A copy of the module whose ReLUs are FATReLUs: x if x >= threshold, else 0.

    `threshold` is one number from 0 up for all ReLU modules, or one by name for some of them. Source: Kurtz et al.,
    ICML 2020. Raises UnknownNameError for a ReLU that is not there, InputError for other thresholds.
    """
    known = rectifiers(module)
    chosen = dict(threshold) if isinstance(threshold, Mapping) else dict.fromkeys(known, threshold)
    changed = copy.deepcopy(module)
    for name, value in chosen.items():
        if name not in known or name == "itself":
            raise UnknownNameError("ReLU", name, known)
        if not (value >= 0 and math.isfinite(value)):
            raise InputError(f"threshold={value!r} of {name!r} must be a number from 0 up")
        _replace(changed, changed.get_submodule(name), _fatrelu(value))
    return changed


def activation_sparsity(module: "torch.nn.Module", samples: Samples) -> dict[str, float]:
    """Share of zeros among all outputs of each ReLU or FATReLU module, by its name, in [0, 1]."""
    torch = torch_module()
    zeros: dict[str, list[int]] = {}
    training = module.training
    module.eval()
    with relu_outputs(module) as outputs, torch.no_grad(), one_thread():
        module(samples.tensors()[0])
    module.train(training)
    for name, output in outputs:
        counted = zeros.setdefault(name, [0, 0])
        counted[0] += int((output == 0).sum())
        counted[1] += output.numel()
    return {name: dropped / total for name, (dropped, total) in zeros.items()}


def _replace(module: Any, old: Any, new: Any) -> None:
    """Put `new` wherever `old` is; a module may be called under several names."""
    for name, part in list(module.named_modules(remove_duplicate=False)):
        if part is old:
            stem, _, ending = name.rpartition(".")
            setattr(module.get_submodule(stem), ending, new)


def _fatrelu(threshold: float) -> Any:
    """PyTorch's Threshold keeps x > t: the next number below the threshold lets the threshold itself pass."""
    below = float(np.nextafter(np.float32(threshold), np.float32(-1))) if threshold else 0.0
    return torch_module().nn.Threshold(below, 0.0)
