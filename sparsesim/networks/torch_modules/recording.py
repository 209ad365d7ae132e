"""Records the products that PyTorch computes outside the modules that are read as layers."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.limits import check_memory
from sparsesim.places import within

if TYPE_CHECKING:
    import torch

Fields = dict[str, Any]
_FLOAT32_BYTES = 4
_WEIGHT_ENDINGS = (".weight", "_weight")


class Product(NamedTuple):
    """One product: the ending of its layer's name, the layer's fields, and the parameters that it reads.

    `parameter` is the name of the weight; None for a product of two activations.
    """

    ending: str
    fields: Fields
    parameter: str | None = None
    held: tuple[int, ...] = ()


class Parameters:
    """The parameters of a module by the memory that they and their views lie in.

    Raises InputError, with the parameter's name, for one without values, and for more than the budget of memory.
    """

    def __init__(self, module: "torch.nn.Module") -> None:
        given = dict(module.named_parameters())
        for name, parameter in given.items():
            with within(f"parameter {name!r}"):
                _check_values(parameter)
        check_memory("copying its parameters", sum(_FLOAT32_BYTES * parameter.numel() for parameter in given.values()))
        self._names = {_memory(p): (name, p) for name, p in given.items() if _has_memory(p)}
        self._copies: dict[tuple[Any, ...], NDArray[np.float32]] = {}

    def find(self, tensor: Any) -> tuple[str, "torch.nn.Parameter"] | None:
        """The name and parameter that a tensor is, or is a view of."""
        return self._names.get(_memory(tensor)) if _has_memory(tensor) else None

    def copied(self, *tensors: Any) -> NDArray[np.float32]:
        """The values of a weight, or of several side by side; the same array for the same views, which share it."""
        key = tuple((_memory(t), t.storage_offset(), tuple(t.shape), tuple(t.stride())) for t in tensors)
        if key not in self._copies:
            parts = [np.array(tensor.detach().float().cpu().numpy(), dtype=np.float32) for tensor in tensors]
            self._copies[key] = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        return self._copies[key]


def _check_values(parameter: Any) -> None:
    from torch.nn.parameter import is_lazy

    if is_lazy(parameter):
        raise InputError("is not initialised: call the module once before")
    if parameter.device.type == "meta":
        raise InputError("device: meta: it has no values")
    if parameter.is_complex() or parameter.is_quantized:
        raise InputError(f"type: {parameter.dtype}: must be real floating point")


def _has_memory(tensor: Any) -> bool:
    import torch

    return isinstance(tensor, torch.Tensor) and tensor.layout is torch.strided and bool(tensor.numel())


def _memory(tensor: Any) -> int:
    return int(tensor.untyped_storage().data_ptr())


def recorder(
    parameters: Parameters, record: Callable[[Product], None], batches: set[int], is_ignored: Callable[[], bool]
) -> Any:
    """A context in which every matrix product, convolution and attention is recorded, unless ignored.

    Attention over one of these numbers of samples at once is refused with InputError.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    class Recorder(TorchDispatchMode):  # type: ignore[misc,no-any-unimported,unused-ignore]
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if not is_ignored():
                for product in _products(func.overloadpacket.__name__, args, parameters, batches):
                    record(product)
            return func(*args, **(kwargs or {}))

    return Recorder()


def layer_name(parameter: str) -> str:
    """The name of a layer after its weight."""
    for ending in _WEIGHT_ENDINGS:
        if parameter.endswith(ending):
            return parameter.removesuffix(ending)
    return parameter


def _products(operator: str, args: Any, parameters: Parameters, batches: set[int]) -> Iterator[Product]:
    if operator.startswith("_scaled_dot_product"):
        yield from _attention(args[0], args[1], args[2], batches)
    elif operator == "convolution":
        yield from _convolution(args, parameters)
    elif operator in _OPERANDS:
        bias, first, second = _OPERANDS[operator]
        yield from _product(args[first], args[second], None if bias is None else args[bias], parameters)


# positions of bias, first and second operand
_OPERANDS: Mapping[str, tuple[int | None, int, int]] = {
    "mm": (None, 0, 1),
    "bmm": (None, 0, 1),
    "mv": (None, 0, 1),
    "addmm": (0, 1, 2),
    "addmv": (0, 1, 2),
    "baddbmm": (0, 1, 2),
}


def _attention(query: Any, key: Any, value: Any, batches: set[int]) -> Iterator[Product]:
    if query.ndim == 4 and query.shape[0] in batches:
        raise InputError(f"attention gets a batch of {query.shape[0]}: give a sample with a batch of 1")
    (*batch, rows, size), columns, width = query.shape, key.shape[-2], value.shape[-1]
    heads = math.prod(batch)
    yield Product("scores", {"kind": "matmul", "m": rows, "k": size, "n": columns, "batch": heads})
    yield Product("context", {"kind": "matmul", "m": rows, "k": columns, "n": width, "batch": heads})


def _product(first: Any, second: Any, bias: Any, parameters: Parameters) -> Iterator[Product]:
    """First @ second: with one operand that is a parameter it is a linear layer, with none a matmul."""
    left, right = parameters.find(first), parameters.find(second)
    if left is not None and right is not None:
        return
    second = second.unsqueeze(-1) if second.ndim == 1 else second
    batch = first.shape[0] if first.ndim == 3 else 1
    if left is None and right is None:
        sizes = {"m": first.shape[-2], "k": first.shape[-1], "n": second.shape[-1], "batch": batch}
        yield Product("matmul", {"kind": "matmul", **sizes})
        return
    weight, found = (first, left) if left is not None else (second.transpose(-1, -2), right)
    positions = second.shape[-1] if left is not None else first.shape[-2]
    if weight.ndim == 3:
        if batch > 1 and weight.stride(0):
            return  # as many matrices as samples: no layer holds such weights
        weight = weight[0]
    assert found is not None
    yield _stored(found, weight, bias, parameters, {"kind": "linear", "positions": positions * batch})


def _convolution(args: Any, parameters: Parameters) -> Iterator[Product]:
    given, weight, bias, stride, padding, dilation, transposed, output_padding, groups = args[:9]
    found, spatial = parameters.find(weight), weight.ndim - 2
    if found is None or spatial not in (1, 2):
        return
    if given.shape[0] != 1:
        raise InputError(f"layer {layer_name(found[0])!r} gets a batch of {given.shape[0]}: give a batch of 1")
    flat, zero = [1] * (2 - spatial), [0] * (2 - spatial)
    fields = {
        "kind": "conv_transpose2d" if transposed else "conv2d",
        "input_size": (*flat, *given.shape[2:]),
        "stride": (*flat, *stride),
        "padding": (*zero, *padding),
        "dilation": (*flat, *dilation),
        "output_padding": (*zero, *output_padding),
        "groups": groups,
    }
    yield _stored(found, weight.unsqueeze(2) if spatial == 1 else weight, bias, parameters, fields)


def _stored(
    found: tuple[str, "torch.nn.Parameter"], weight: Any, bias: Any, parameters: Parameters, fields: Fields
) -> Product:
    values = parameters.copied(weight)
    added = parameters.find(bias) if bias is not None else None
    held = (id(found[1]), *([id(added[1])] if added else []))
    n_bias = bias.numel() if added else 0
    return Product("", fields | {"weight_shape": values.shape, "source": values, "n_bias": n_bias}, found[0], held)
