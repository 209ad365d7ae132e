"""Networks from files that hold named arrays and nothing else: `.npz`, `.safetensors`, `.pt`.

Such a file knows no sizes of feature maps, no strides and no groups; the caller gives them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks.array_files import ARRAY_READERS, Arrays
from sparsesim.networks.layer import Layer
from sparsesim.networks.network import Network, WeightsOrigin

Layout = Literal["out_in", "in_out"]
Size = tuple[int, int]
T = TypeVar("T")

ORIGIN_KEY = "__weights_origin__"
_WEIGHT_ENDINGS = (".weight", "_weight", ".kernel", "_kernel", "/kernel:0", "/kernel", "_W", "_w")
_BIAS_ENDINGS = (".bias", "_bias", "/bias:0", "/bias", "_b")


@dataclass(frozen=True)
class _Geometry:
    """What the file does not say about its convolutions; keys are layer names or shell patterns."""

    default_size: Size | None
    sizes: Mapping[str, Size]
    strides: Mapping[str, int]
    groups: Mapping[str, int]

    def check(self, names: list[str]) -> None:
        for pattern in (*self.sizes, *self.strides, *self.groups):
            if not any(fnmatchcase(name, pattern) for name in names):
                raise UnknownNameError("layer", pattern, names)


def network_from_state_dict(
    path: Path,
    *,
    input_shape: tuple[int, ...] | None = None,
    sizes: Size | Mapping[str, Size] | None = None,
    strides: Mapping[str, int] | None = None,
    groups: Mapping[str, int] | None = None,
    layout: Layout = "out_in",
) -> Network:
    """The 2-D arrays of a file as linear layers and its 4-D arrays as convolutions, in the file's order.

    Args:
        path: an `.npz`, `.safetensors`, `.pt` or `.pth` file. One-dimensional arrays named like a weight
            are its bias, the others (normalisation) are left out.
        input_shape: (channels, height, width) of the network's input, used as `sizes` if that is not given.
        sizes: (height, width) of the input of every convolution, or by layer name or shell pattern.
        strides: strides that are not 1, by layer name or pattern. Padding is (kernel - 1) // 2 everywhere.
        groups: groups that are not 1, by layer name or pattern.
        layout: `out_in`, 2-D (out, in) and 4-D (out, in, kh, kw) as in PyTorch and Caffe; `in_out`,
            2-D (in, out) and 4-D (kh, kw, in, out) as in Keras and TensorFlow.

    Raises InputError for a damaged file, a convolution without size, and names that match no layer.
    """
    if layout not in get_args(Layout):
        raise InputError(f"layout must be one of {', '.join(get_args(Layout))}, found {layout!r}")
    arrays = ARRAY_READERS[path.suffix.lower()](path)
    weights = {key: _out_in(array, layout) for key, array in arrays.items() if _is_weight(array)}
    if not weights:
        raise InputError("it holds no 2-D or 4-D array of floating point weights")
    names = _layer_names(list(weights))
    geometry = _geometry(input_shape, sizes, strides, groups)
    geometry.check(list(names.values()))
    _check_channels(input_shape, names, weights, geometry)
    return Network(
        name=path.stem,
        layers=tuple(_layer(names[key], weight, arrays, geometry) for key, weight in weights.items()),
        weights_origin=stored_origin(arrays),
        source=str(path),
        input_description=" x ".join(str(size) for size in input_shape or ()),
        notes="; ".join([*_one_size_for_all(weights, geometry), *_left_out(arrays)]),
        path=path,
    )


def _geometry(
    input_shape: tuple[int, ...] | None,
    sizes: Size | Mapping[str, Size] | None,
    strides: Mapping[str, int] | None,
    groups: Mapping[str, int] | None,
) -> _Geometry:
    if input_shape is not None and len(input_shape) not in (1, 3):
        raise InputError(f"input_shape must be (channels, height, width) or (features,), found {input_shape}")
    by_name = sizes if isinstance(sizes, Mapping) else {}
    default = (input_shape[1], input_shape[2]) if input_shape is not None and len(input_shape) == 3 else None
    every = sizes if isinstance(sizes, tuple) else default
    return _Geometry(every, by_name, strides or {}, groups or {})


def _check_channels(
    input_shape: tuple[int, ...] | None, names: dict[str, str], weights: Arrays, geometry: _Geometry
) -> None:
    """The first weight tells how many channels the input must have."""
    key, first = next(iter(weights.items()))
    channels = first.shape[1] * _matching(geometry.groups, names[key], 1)
    if input_shape is not None and (first.ndim == 4 or len(input_shape) == 1) and input_shape[0] != channels:
        raise InputError(f"input_shape {input_shape} does not fit layer {names[key]!r}, which reads {channels}")


def _layer(name: str, weight: NDArray[Any], arrays: Arrays, geometry: _Geometry) -> Layer:
    n_bias = _n_bias(name, len(weight), arrays)
    if weight.ndim == 2:
        return Layer(name=name, kind="linear", weight_shape=weight.shape, source=weight, n_bias=n_bias)
    size = _matching(geometry.sizes, name, geometry.default_size)
    if size is None:
        raise InputError(f"the file does not tell the input size of convolution {name!r}: give sizes or input_shape")
    stride = _matching(geometry.strides, name, 1)
    return Layer(
        name=name,
        kind="conv2d",
        weight_shape=weight.shape,
        source=weight,
        n_bias=n_bias,
        input_size=(size[0], size[1]),
        stride=(stride, stride),
        padding=((weight.shape[2] - 1) // 2, (weight.shape[3] - 1) // 2),
        groups=_matching(geometry.groups, name, 1),
    )


def _matching(by_pattern: Mapping[str, T], name: str, default: T) -> T:
    """The value under the exact name, else under the first pattern that matches."""
    if name in by_pattern:
        return by_pattern[name]
    return next((value for pattern, value in by_pattern.items() if fnmatchcase(name, pattern)), default)


def _is_weight(array: NDArray[Any]) -> bool:
    return array.ndim in (2, 4) and np.issubdtype(array.dtype, np.floating) and array.size > 0


def _out_in(array: NDArray[Any], layout: Layout) -> NDArray[Any]:
    if layout == "out_in":
        return array
    return array.T if array.ndim == 2 else array.transpose(3, 2, 0, 1)


def _layer_names(keys: list[str]) -> dict[str, str]:
    """Keys without the ending that says "weight", where that keeps them apart."""
    names = {key: _without_ending(key, _WEIGHT_ENDINGS) for key in keys}
    values = list(names.values())
    return {key: name if values.count(name) == 1 else key for key, name in names.items()}


def _without_ending(key: str, endings: Iterable[str]) -> str:
    for ending in endings:
        if key.endswith(ending) and key != ending:
            return key.removesuffix(ending)
    return key


def _n_bias(name: str, outputs: int, arrays: Arrays) -> int:
    bias = _bias(name, outputs, arrays)
    return 0 if bias is None else bias.size


def _bias(name: str, outputs: int, arrays: Arrays) -> NDArray[Any] | None:
    stem = _without_ending(name, _WEIGHT_ENDINGS)
    found = (arrays[stem + ending] for ending in _BIAS_ENDINGS if stem + ending in arrays)
    return next((bias for bias in found if bias.shape == (outputs,)), None)


def weights_and_biases(
    arrays: Arrays, layout: Layout = "out_in"
) -> dict[str, tuple[NDArray[Any], NDArray[Any] | None]]:
    """Every 2-D and 4-D array as a weight [out, ...] with its bias [out], by layer name in the file's order."""
    weights = {key: _out_in(array, layout) for key, array in arrays.items() if _is_weight(array)}
    names = _layer_names(list(weights))
    return {names[key]: (weight, _bias(names[key], len(weight), arrays)) for key, weight in weights.items()}


def stored_origin(arrays: Arrays) -> WeightsOrigin:
    """Weights that were drawn stay labelled so after a round trip through a file."""
    mark = arrays.get(ORIGIN_KEY)
    return "synthetic" if mark is not None and str(mark) == "synthetic" else "imported"


def _left_out(arrays: Arrays) -> list[str]:
    left_out = [f"{key} {array.shape}" for key, array in arrays.items() if array.ndim > 1 and not _is_weight(array)]
    return [f"not counted: {', '.join(left_out)}"] if left_out else []


def _one_size_for_all(weights: Arrays, geometry: _Geometry) -> list[str]:
    convolutions = sum(weight.ndim == 4 for weight in weights.values())
    if geometry.default_size is None or convolutions < 2 or geometry.sizes:
        return []
    height, width = geometry.default_size
    return [f"no sizes by layer: all {convolutions} convolutions are taken to read {height} x {width} maps"]
