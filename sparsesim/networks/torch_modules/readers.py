"""How modules of PyTorch become layers."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.layer import GATES

Floats = NDArray[np.float32]
Fields = dict[str, Any]
Weights = dict[str, Fields]  # fields of Layer by the ending of the layer's name


Copied = Callable[..., Floats]
"""A copy of parameters as float32, the same for all modules that share them; see `Parameters.copied`."""


class Reader(NamedTuple):
    """How to read the weights of a module, once, and the sizes of each of its calls."""

    weights: Callable[[str, Any, Copied], Weights]
    sizes: Callable[[str, Any, Any], Fields]


def readers() -> dict[type, Reader]:
    """The modules that are read as layers."""
    from torch import nn

    return {
        nn.Linear: Reader(_linear, _positions),
        nn.Conv1d: Reader(_convolution, _input_size),
        nn.Conv2d: Reader(_convolution, _input_size),
        nn.ConvTranspose1d: Reader(_transposed_convolution, _input_size),
        nn.ConvTranspose2d: Reader(_transposed_convolution, _input_size),
        nn.LSTM: Reader(_recurrent, _steps),
        nn.GRU: Reader(_recurrent, _steps),
    }


def _linear(_: str, module: Any, copied: Copied) -> Weights:
    weight = copied(module.weight)
    return {"": {"kind": "linear", "weight_shape": weight.shape, "source": weight, "n_bias": _bias(module)}}


def _positions(name: str, module: Any, given: Any) -> Fields:
    """Of what it was given, by its weight: attributes of a module may say something else."""
    _check_tensor(name, given)
    inputs = module.weight.shape[1]
    if given.shape[-1] != inputs:
        raise InputError(f"layer {name!r}: input of shape {tuple(given.shape)}: its weight reads vectors of {inputs}")
    return {"positions": given.numel() // inputs}


def _check_tensor(name: str, given: Any) -> None:
    if not hasattr(given, "ndim"):
        raise InputError(f"layer {name!r} gets a {type(given).__name__}: give a plain tensor")


def _convolution(_: str, module: Any, copied: Copied) -> Weights:
    weight = copied(module.weight)
    flat = [1] * (4 - weight.ndim)
    shape = (*weight.shape[:2], *flat, *weight.shape[2:])
    fields = {
        "kind": "conv2d",
        "weight_shape": shape,
        "source": weight.reshape(shape),
        "n_bias": _bias(module),
        "stride": (*flat, *module.stride),
        "dilation": (*flat, *module.dilation),
        "padding": _padding(module),
        "groups": module.groups,
    }
    return {"": fields}


def _transposed_convolution(name: str, module: Any, copied: Copied) -> Weights:
    """(c_in, c_out / groups, kh, kw), as PyTorch stores it; its bias has c_out values."""
    (fields,) = _convolution(name, module, copied).values()
    zero = [0] * (2 - len(module.kernel_size))
    return {"": fields | {"kind": "conv_transpose2d", "output_padding": (*zero, *module.output_padding)}}


def _padding(module: Any) -> tuple[int, ...]:
    """(top, left, bottom, right), also of `same`, which puts the odd one at the end."""
    pairs = []
    for axis, kernel in enumerate(module.kernel_size):
        if module.padding == "same":
            total = module.dilation[axis] * (kernel - 1)
            pairs.append((total // 2, total - total // 2))
        else:
            size = 0 if module.padding == "valid" else module.padding[axis]
            pairs.append((size, size))
    begins, ends = zip(*[(0, 0)] * (2 - len(pairs)) + pairs, strict=True)
    return (*begins, *ends)


def _input_size(name: str, module: Any, given: Any) -> Fields:
    _check_tensor(name, given)
    spatial = len(module.kernel_size)
    if given.ndim == spatial + 2 and given.shape[0] != 1:
        raise InputError(f"layer {name!r} gets a batch of {given.shape[0]}: give a sample with a batch of 1")
    return {"input_size": (*[1] * (2 - spatial), *given.shape[-spatial:])}


def _recurrent(name: str, module: Any, copied: Copied) -> Weights:
    if getattr(module, "proj_size", 0):
        raise InputError(f"layer {name!r}: projected LSTMs are not read")
    endings = [f"_l{depth}{way}" for depth in range(module.num_layers) for way in ("", "_reverse")]
    stored = [ending for ending in endings if hasattr(module, f"weight_ih{ending}")]
    return {"" if len(stored) == 1 else f".{end[1:]}": _recurrent_layer(module, end, copied) for end in stored}


def _recurrent_layer(module: Any, ending: str, copied: Copied) -> Fields:
    kind = module.mode.lower()
    weight = copied(getattr(module, f"weight_ih{ending}"), getattr(module, f"weight_hh{ending}"))
    return {
        "kind": kind,
        "weight_shape": weight.shape,
        "source": weight,
        "n_bias": 2 * GATES[kind] * module.hidden_size * bool(module.bias),
    }


def _steps(name: str, module: Any, given: Any) -> Fields:
    _check_tensor(name, given)
    time_axis = 1 if module.batch_first and given.ndim == 3 else 0
    if given.ndim == 3 and given.shape[1 - time_axis] != 1:
        raise InputError(f"layer {name!r} gets a batch of {given.shape[1 - time_axis]}: give a batch of 1")
    return {"steps": given.shape[time_axis]}


def _bias(module: Any) -> int:
    return 0 if module.bias is None else module.bias.numel()
