"""PyTorch modules: a copy of the module gets the masked weights and is run on the CPU."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsesim.errors import InputError
from sparsesim.inference.session import Array, Batch, Inputs, Session, ToRecord
from sparsesim.networks import Layer, Network

if TYPE_CHECKING:
    import torch

_ONLY = "input"  # key of inputs that were not given by name


def open_torch(network: Network, record: ToRecord) -> Session:
    """A copy of the network's module, in evaluation mode; its own module is left as it is."""
    import torch

    original: Any = network.graph
    module = copy.deepcopy(original).cpu().eval()
    parts = {layer.name: _part(module, layer.name) for layer in network.layers if layer.n_weights}
    _write_weights(network, parts)
    recorded: dict[str, Array] = {}
    if record == "layers":
        _record_layers(network, parts, recorded)
    elif record == "relus":
        _record_relus(module, recorded)
    dtype = next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)

    def call(feeds: dict[str, Array]) -> Batch:
        recorded.clear()
        tensors = {name: _tensor(array, dtype) for name, array in feeds.items()}
        with torch.no_grad(), _one_thread():
            output = module(tensors[_ONLY]) if set(tensors) == {_ONLY} else module(**tensors)
        return Batch(_numpy(_first(output)), dict(recorded))

    return Session(_feed, call)


def _feed(inputs: Inputs) -> dict[str, Array]:
    named = inputs if isinstance(inputs, Mapping) else {_ONLY: inputs}
    return {name: np.asarray(array) for name, array in named.items()}


def _part(module: Any, layer: str) -> tuple[Any, str]:
    """The submodule behind a layer, and the ending of the layer's name where it holds several."""
    parts = dict(module.named_modules())
    name = layer.partition("#")[0]
    for stem, ending in ((name, ""), name.rpartition(".")[::2]):
        if stem in parts and stem:
            return parts[stem], ending
        if stem == type(module).__name__:
            return module, ending
    raise InputError(f"the module has no layer {layer!r}: it has changed since it was read")


def _write_weights(network: Network, parts: Mapping[str, tuple[Any, str]]) -> None:
    written: dict[int, Array] = {}
    for name, (module, ending) in parts.items():
        for parameter, values in _pieces(network.layer(name), module, ending):
            if not np.array_equal(written.setdefault(id(parameter), values), values):
                raise InputError(f"layer {name!r} shares its weights with another and needs the same mask")
            _write(parameter, values)


def _pieces(layer: Layer, module: Any, ending: str) -> Iterator[tuple[Any, Array]]:
    weight = layer.masked_weight()
    if layer.kind not in ("lstm", "gru"):
        yield module.weight, weight.reshape(tuple(module.weight.shape))
        return
    stored = f"_{ending}" if ending else "_l0"
    inputs, state = getattr(module, f"weight_ih{stored}"), getattr(module, f"weight_hh{stored}")
    yield inputs, weight[:, : inputs.shape[1]]
    yield state, weight[:, inputs.shape[1] :]


def _write(parameter: "torch.Tensor", values: Array) -> None:
    import torch

    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.array(values)))


def _record_layers(network: Network, parts: Mapping[str, tuple[Any, str]], recorded: dict[str, Array]) -> None:
    """The k-th call of a module is the layer `name#k`, as the importer names it."""
    modules = {name.partition("#")[0]: (part, network.layer(name).kind) for name, (part, _) in parts.items()}
    for name, (module, kind) in modules.items():
        if kind in ("conv2d", "linear"):
            module.register_forward_pre_hook(partial(_note, name, kind, recorded), with_kwargs=True)


def _note(name: str, kind: str, recorded: dict[str, Array], _: Any, args: Any, kwargs: Any) -> None:
    x = _numpy(args[0] if args else next(iter(kwargs.values())))
    shape = (-1, x.shape[-1]) if kind == "linear" else x.shape if x.ndim == 4 else (*x.shape[:2], 1, x.shape[2])
    recorded[_unused(name, recorded)] = x.reshape(shape)


def _record_relus(module: Any, recorded: dict[str, Array]) -> None:
    from torch import nn

    for name, part in module.named_modules():
        if isinstance(part, nn.ReLU):

            def note(_: Any, __: Any, output: Any, name: str = name) -> None:
                recorded[_unused(name or "ReLU", recorded)] = _numpy(output).copy()

            part.register_forward_hook(note)


def _unused(name: str, taken: Mapping[str, Array]) -> str:
    calls = 1 + sum(key.partition("#")[0] == name for key in taken)
    return name if calls == 1 else f"{name}#{calls}"


def _tensor(array: Array, dtype: "torch.dtype") -> "torch.Tensor":
    import torch

    tensor = torch.from_numpy(np.array(array))
    return tensor.to(dtype) if tensor.is_floating_point() else tensor.to(torch.int64)


def _numpy(tensor: Any) -> Array:
    return np.array(tensor.detach().float().numpy(), dtype=np.float32)


def _first(output: Any) -> Any:
    """The tensor that a module gives, or the first of several."""
    while not hasattr(output, "detach"):
        output = next(iter(output.values() if isinstance(output, Mapping) else output))
    return output


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
