"""Networks from PyTorch modules in memory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.layer import GATES, Layer
from sparsesim.networks.network import Network

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.float32]
Fields = dict[str, Any]
Weights = dict[str, Fields]  # fields of Layer by the ending of the layer's name
Call = tuple[str, "torch.nn.Module", "torch.Tensor"]


def network_from_torch(module: "torch.nn.Module", sample: Any, *, name: str | None = None) -> Network:
    """The Linear, Conv1d, Conv2d, LSTM and GRU modules that one forward pass calls, in that order.

    Args:
        module: the network. Weights are copied; the module is left as it was found, and kept as `Network.graph`.
        sample: one sample, a batch of 1: a tensor, a tuple of arguments or a mapping of keyword arguments.
            Linear layers count every leading dimension of their input as positions of that one sample.
        name: name of the network, by default the module's class.

    A Conv1d becomes a conv2d of height 1. A module that is called again becomes a layer `name#2`.
    Weights of other modules (embeddings, fused attention) are listed in `notes`. Raises InputError for
    NaN or infinity, a batch that is not 1, and a module that none of these layers is called in.
    """
    import torch

    calls: list[Call] = []
    with _recorded(module, calls), _evaluating(module), torch.no_grad():
        _call(module, sample)
    layers = tuple(_layers(calls))
    for layer in layers:
        layer.weight()
    return Network(
        name=name or type(module).__name__,
        layers=layers,
        weights_origin="imported",
        source=f"PyTorch module {type(module).__module__}.{type(module).__qualname__}",
        input_description=_describe(sample),
        notes=_notes(module, {id(called) for _, called, _ in calls}),
        graph=module,
    )


def _call(module: "torch.nn.Module", sample: Any) -> None:
    if isinstance(sample, Mapping):
        module(**sample)
    elif isinstance(sample, tuple):
        module(*sample)
    else:
        module(sample)


@contextmanager
def _recorded(module: "torch.nn.Module", calls: list[Call]) -> Iterator[None]:
    """Append every call of a readable submodule, with its first argument, while inside."""
    handles = []
    for name, part in module.named_modules():
        if _reader(part) is None:
            continue

        def note(called: Any, args: Any, kwargs: Any, _: Any, name: str = name) -> None:
            calls.append((name or type(called).__name__, called, args[0] if args else next(iter(kwargs.values()))))

        handles.append(part.register_forward_hook(note, with_kwargs=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _evaluating(module: "torch.nn.Module") -> Iterator[None]:
    """Evaluation mode while inside, so that normalisation statistics stay; each part's own mode afterwards."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


def _layers(calls: list[Call]) -> Iterator[Layer]:
    """A module that is called twice keeps one copy of its weights, so that they count once."""
    copies: dict[int, Weights] = {}
    counts: dict[str, int] = {}
    for name, module, given in calls:
        counts[name] = counts.get(name, 0) + 1
        unique = name if counts[name] == 1 else f"{name}#{counts[name]}"
        reader = _reader(module)
        assert reader is not None
        if id(module) not in copies:
            copies[id(module)] = reader.weights(name, module)
        for ending, fields in copies[id(module)].items():
            yield Layer(name=unique + ending, **fields, **reader.sizes(unique, module, given))


class _Reader(NamedTuple):
    """How to read the weights of a module, once, and the sizes of each of its calls."""

    weights: Callable[[str, Any], Weights]
    sizes: Callable[[str, Any, Any], Fields]


def _reader(module: "torch.nn.Module") -> _Reader | None:
    from torch import nn

    readers: dict[type, _Reader] = {
        nn.Linear: _Reader(_linear, _positions),
        nn.Conv1d: _Reader(_convolution, _input_size),
        nn.Conv2d: _Reader(_convolution, _input_size),
        nn.LSTM: _Reader(_recurrent, _steps),
        nn.GRU: _Reader(_recurrent, _steps),
    }
    return next((reader for kind, reader in readers.items() if isinstance(module, kind)), None)


def _linear(_: str, module: Any) -> Weights:
    weight = _copied(module.weight)
    return {"": {"kind": "linear", "weight_shape": weight.shape, "source": weight, "n_bias": _bias(module)}}


def _positions(_: str, module: Any, given: Any) -> Fields:
    return {"positions": given.numel() // module.in_features}


def _convolution(_: str, module: Any) -> Weights:
    weight = _copied(module.weight)
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
    spatial = len(module.kernel_size)
    if given.ndim == spatial + 2 and given.shape[0] != 1:
        raise InputError(f"layer {name!r} gets a batch of {given.shape[0]}: give a sample with a batch of 1")
    return {"input_size": (*[1] * (2 - spatial), *given.shape[-spatial:])}


def _recurrent(name: str, module: Any) -> Weights:
    if getattr(module, "proj_size", 0):
        raise InputError(f"layer {name!r}: projected LSTMs are not read")
    endings = [f"_l{depth}{way}" for depth in range(module.num_layers) for way in ("", "_reverse")]
    stored = [ending for ending in endings if hasattr(module, f"weight_ih{ending}")]
    return {"" if len(stored) == 1 else f".{end[1:]}": _recurrent_layer(module, end) for end in stored}


def _recurrent_layer(module: Any, ending: str) -> Fields:
    kind = module.mode.lower()
    inputs, state = _copied(getattr(module, f"weight_ih{ending}")), _copied(getattr(module, f"weight_hh{ending}"))
    weight = np.concatenate([inputs, state], axis=1)
    return {
        "kind": kind,
        "weight_shape": weight.shape,
        "source": weight,
        "n_bias": 2 * GATES[kind] * module.hidden_size * bool(module.bias),
    }


def _steps(name: str, module: Any, given: Any) -> Fields:
    if not hasattr(given, "ndim"):
        raise InputError(f"layer {name!r} gets a {type(given).__name__}: give a plain tensor")
    time_axis = 1 if module.batch_first and given.ndim == 3 else 0
    if given.ndim == 3 and given.shape[1 - time_axis] != 1:
        raise InputError(f"layer {name!r} gets a batch of {given.shape[1 - time_axis]}: give a batch of 1")
    return {"steps": given.shape[time_axis]}


def _copied(parameter: Any) -> Floats:
    return np.array(parameter.detach().float().cpu().numpy(), dtype=np.float32)


def _bias(module: Any) -> int:
    return 0 if module.bias is None else module.bias.numel()


def _describe(sample: Any) -> str:
    parts = sample.values() if isinstance(sample, Mapping) else sample if isinstance(sample, tuple) else (sample,)
    return ", ".join(" x ".join(str(size) for size in getattr(part, "shape", ())) for part in parts)


def _notes(module: "torch.nn.Module", called: set[int]) -> str:
    """Modules with weight matrices of their own that no layer stands for."""
    left_out = [
        f"{name or 'itself'} ({type(part).__name__}, {sum(weights)} weights)"
        for name, part in module.named_modules()
        if id(part) not in called and (weights := [p.numel() for p in part.parameters(recurse=False) if p.ndim > 1])
    ]
    return f"not counted: {', '.join(left_out)}" if left_out else ""
