"""What makes a layer one that can be counted: every number within its bounds, and sizes that fit each other."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Final

import numpy as np

from sparsesim.errors import InputError
from sparsesim.limits import MAX_INT64, MAX_MACS, checked_size
from sparsesim.networks.bounds import MAX_SIZE, MAX_STEPS
from sparsesim.networks.kinds import CONVOLUTIONS, GATES, RANKS
from sparsesim.places import shown, within

if TYPE_CHECKING:
    from sparsesim.networks.layer import Layer

_NUMBERS: Final = {
    "n_bias": (0, MAX_INT64),
    "positions": (1, MAX_SIZE),
    "groups": (1, MAX_SIZE),
    "steps": (1, MAX_STEPS),
    "m": (0, MAX_SIZE),
    "k": (0, MAX_SIZE),
    "n": (0, MAX_SIZE),
    "batch": (1, MAX_SIZE),
}
_TUPLES: Final = {
    "input_size": (1, 2),
    "stride": (1, 2),
    "padding": (0, 4),
    "dilation": (1, 2),
    "output_padding": (0, 2),
}
"""The smallest number in each, and how many there are."""
_DENSITIES: Final = ("weight_density", "input_activation_density", "output_activation_density")


def check_layer(layer: "Layer") -> None:
    """Raise InputError, with layer, field and value, for a layer that cannot be.

    Numbers of NumPy become Python's, which do not overflow.
    """
    if not isinstance(layer.name, str):
        raise InputError(f"layer {shown(layer.name)}: name: must be a text")
    with within(f"layer {shown(layer.name)}"):
        if layer.kind not in RANKS:
            raise InputError(f"kind: {shown(layer.kind)}: must be one of {', '.join(RANKS)}")
        _check_numbers(layer)
        _check_shape(layer)
        _check_source(layer)
        _check_mask(layer)
        if layer.kind in CONVOLUTIONS:
            _check_convolution(layer)
        elif layer.kind == "matmul":
            _check_product(layer)
        elif layer.kind in GATES:
            _check_recurrent(layer)
        checked_size("MACs", *layer.gemm, limit=MAX_MACS)


def _check_numbers(layer: "Layer") -> None:
    for field, (least, most) in _NUMBERS.items():
        object.__setattr__(layer, field, _whole(field, getattr(layer, field), least, most))
    for field, (least, count) in _TUPLES.items():
        given = getattr(layer, field)
        if given is None:
            continue
        if not isinstance(given, tuple | list) or len(given) != count:
            raise InputError(f"{field}: {shown(given)}: must be {count} numbers")
        object.__setattr__(layer, field, tuple(_whole(field, size, least, MAX_SIZE, given) for size in given))
    for field in _DENSITIES:
        density = getattr(layer, field)
        if density is None:
            continue
        if isinstance(density, bool) or not isinstance(density, Real) or not 0 <= float(density) <= 1:
            raise InputError(f"{field}: {shown(density)}: must be from 0 to 1")


def _whole(field: str, value: object, least: int, most: int, given: object = None) -> int:
    if type(value) is int and least <= value <= most:
        return value
    if isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most:
        return int(value)
    seen = shown(value) if given is None else shown(given)
    raise InputError(f"{field}: {seen}: must be {'positive, ' * least}a whole number from {least} to {most}")


def _check_shape(layer: "Layer") -> None:
    shape = layer.weight_shape
    if not isinstance(shape, tuple) or len(shape) != RANKS[layer.kind]:
        raise InputError(f"weight_shape: {shown(shape)} is not the shape of {layer.kind} weights")
    if shape:
        sizes = tuple(_whole("weight_shape", size, 1, MAX_SIZE, shape) for size in shape)
        object.__setattr__(layer, "weight_shape", sizes)


def _check_source(layer: "Layer") -> None:
    source = layer.source
    if (source is None) != (layer.kind == "matmul"):
        raise InputError(f"{layer.kind} layers have {'no ' * (source is not None)}weights")
    if isinstance(source, np.ndarray):
        if source.shape != layer.weight_shape:
            raise InputError(f"weights are {source.shape}, not {layer.weight_shape}")
        if not np.issubdtype(source.dtype, np.floating):
            raise InputError(f"weights are {source.dtype}, not floating point")


def _check_mask(layer: "Layer") -> None:
    mask = layer.mask
    if mask is None:
        return
    if mask.shape != layer.weight_shape or not layer.weight_shape:
        raise InputError(f"mask is {mask.shape}, weights are {layer.weight_shape}")
    if mask.dtype != np.bool_:
        raise InputError(f"mask is {mask.dtype}, not bool")


def _check_convolution(layer: "Layer") -> None:
    if layer.input_size is None:
        raise InputError(f"a {layer.kind} needs input_size (height, width)")
    channels = layer.weight_shape[0]
    if channels % layer.groups:
        side = "output" if layer.kind == "conv2d" else "input"
        raise InputError(f"{layer.groups} groups do not divide {channels} {side} channels")
    if min(layer.output_size) < 1:
        raise InputError(f"the kernel is larger than its padded input {layer.input_size}")
    others = layer.weight_shape[1] * layer.groups
    inputs, outputs = (others, channels) if layer.kind == "conv2d" else (channels, others)
    checked_size("elements of the input", inputs, *_padded(layer), limit=MAX_MACS)
    checked_size("elements of the output", outputs, *layer.output_size, limit=MAX_MACS)


def _padded(layer: "Layer") -> tuple[int, int]:
    assert layer.input_size is not None
    (height, width), (top, left, bottom, right) = layer.input_size, layer.padding
    return height + top + bottom, width + left + right


def _check_product(layer: "Layer") -> None:
    for field in ("m", "k", "n"):
        _whole(field, getattr(layer, field), 1, MAX_SIZE)


def _check_recurrent(layer: "Layer") -> None:
    rows, columns = layer.weight_shape
    gates = GATES[layer.kind]
    if rows % gates or columns <= rows // gates:
        raise InputError(f"{layer.weight_shape} is not ({gates} * hidden, input + hidden) of {layer.kind}")
