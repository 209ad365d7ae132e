"""The layers of a module by the names that `network_from_torch` gives them: their weights and masks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.training.extra import torch_module

if TYPE_CHECKING:
    import torch

Masks: TypeAlias = Mapping[str, BoolArray]
Weights: TypeAlias = dict[str, NDArray[np.float32]]


def layer_parameters(module: "torch.nn.Module") -> "dict[str, torch.nn.Parameter]":
    """Weights of linear and convolutional layers, as the parameters themselves; recurrent layers are left out.

    Raises InputError where there is none.
    """
    nn = torch_module().nn
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)
    found = {
        name or type(part).__name__: part.weight for name, part in module.named_modules() if isinstance(part, kinds)
    }
    if not found:
        raise InputError(f"{type(module).__name__} has no linear or convolutional layer")
    return found


def layer_weights(module: "torch.nn.Module") -> Weights:
    """Copies of the weights by layer, float32, in the shape of `Layer.weight_shape`; for `Network.with_weights`."""
    return {name: as_array(parameter) for name, parameter in layer_parameters(module).items()}


def as_array(values: Any) -> NDArray[np.float32]:
    """A tensor of weights or gradients as an array; those of 1-D convolutions get a height of 1."""
    array = np.array(values.detach().float().cpu().numpy(), dtype=np.float32)
    return array[:, :, None, :] if array.ndim == 3 else array


def mask_tensors(module: "torch.nn.Module", masks: Masks) -> "list[tuple[torch.nn.Parameter, torch.Tensor]]":
    """Each masked parameter with its mask, both of one shape.

    A mask of a later call of a module (`name#2`) is that of the module. Raises UnknownNameError for a layer that is
    not there, InputError for a mask that does not fit.
    """
    torch, parameters = torch_module(), layer_parameters(module)
    pairs = []
    for layer, mask in masks.items():
        name = layer.partition("#")[0]
        if name not in parameters:
            raise UnknownNameError("layer", layer, parameters)
        shape = tuple(parameters[name].shape)
        if mask.dtype != np.bool_ or mask.size != parameters[name].numel() or mask.shape[:2] != shape[:2]:
            raise InputError(f"layer {layer!r}: mask is {mask.dtype} {mask.shape}, weights are {shape}")
        kept = torch.from_numpy(np.ascontiguousarray(mask).reshape(shape))
        pairs.append((parameters[name], kept.to(parameters[name].device)))
    return pairs


def apply_masks(module: "torch.nn.Module", masks: Masks) -> None:
    """Set the dropped weights to zero, in place."""
    torch = torch_module()
    with torch.no_grad():
        for parameter, mask in mask_tensors(module, masks):
            parameter.mul_(mask)


def sparsity(masks: Masks) -> float:
    """Share of dropped weights of all layers together, in [0, 1]."""
    if not masks:
        return 0.0
    return 1 - sum(int(np.count_nonzero(mask)) for mask in masks.values()) / sum(mask.size for mask in masks.values())
