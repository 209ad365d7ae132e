"""Networks from files that hold named arrays and nothing else: `.npz`, `.safetensors`, `.pt`, `.h5`.

Such a file does not say how large feature maps are, nor strides and groups; the caller does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import prod
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.networks.arrays.files import ARRAY_FILES
from sparsesim.networks.arrays.layout import Layout, StoredArray, check_layout, is_weight, stored_arrays
from sparsesim.networks.arrays.names import (
    NamedArrays,
    bias_keys,
    dequantized,
    is_recurrent,
    layer_names,
    other_parameters,
)
from sparsesim.networks.bounds import MAX_SIZE
from sparsesim.networks.layer import Layer
from sparsesim.networks.network import Network, WeightsOrigin
from sparsesim.places import shown

Size = tuple[int, int]
T = TypeVar("T")

ORIGIN_KEY = "__weights_origin__"


@dataclass(frozen=True)
class _Geometry:
    """What the file does not say about its convolutions; keys are layer names or shell patterns."""

    default_size: Size | None
    one_size: bool  # whether `sizes` is one for all
    sizes: Mapping[str, Size]
    strides: Mapping[str, int]
    groups: Mapping[str, int]
    paddings: Mapping[str, int]
    like_tensorflow: bool

    def check(self, names: list[str], convolutions: list[str]) -> None:
        """InputError for a name of no layer, for one of no convolution, and for sizes where there is none."""
        given = {"sizes": self.sizes, "strides": self.strides, "groups": self.groups, "paddings": self.paddings}
        for option, values in given.items():
            for pattern in values:
                if not any(fnmatchcase(name, pattern) for name in names):
                    raise UnknownNameError("layer", pattern, names)
                if not any(fnmatchcase(name, pattern) for name in convolutions):
                    raise InputError(f"{option}: {pattern!r}: means nothing for layers that are no convolutions")
        if self.one_size and not convolutions:
            raise InputError(f"sizes: {self.default_size}: means nothing, no layer is a convolution")


def network_from_state_dict(
    path: Path,
    *,
    input_shape: tuple[int, ...] | None = None,
    sizes: Size | Mapping[str, Size] | None = None,
    strides: Mapping[str, int] | None = None,
    groups: Mapping[str, int] | None = None,
    paddings: Mapping[str, int] | None = None,
    layout: Layout | None = None,
    stacked: bool = False,
) -> Network:
    """The 2-D arrays of a file as linear layers and its 4-D arrays as convolutions, in the file's order.

    Args:
        path: a file of one of `ARRAY_FILES`. One-dimensional arrays named like a weight are its bias; the
            others (normalisation) and look-up tables (embeddings) are counted in `other_params`. 8-bit
            weights with a scale beside them are multiplied by it.
        input_shape: (channels, height, width) of the network's input, used as `sizes` if that is not given.
        sizes: (height, width) of the input of every convolution, or by layer name or shell pattern.
        strides: strides that are not 1, by layer name or pattern.
        groups: groups that are not 1, by layer name or pattern.
        paddings: padding on all four sides, by layer name or pattern. Elsewhere it is (kernel - 1) // 2, and
            for the layouts of TensorFlow its `same` rule, that is ceil(size / stride) outputs.
        layout: `out_in`, 2-D (out, in) and 4-D (out, in, kh, kw) as in PyTorch and Caffe; `in_out`,
            2-D (in, out) and 4-D (kh, kw, in, out) as in Keras and TensorFlow; `ohwi`, 2-D (out, in) and 4-D
            (out, kh, kw, in) as in TFLite, depthwise kernels (1, kh, kw, channels). By default `in_out` for
            `.h5` and `.keras`, and `out_in` for the rest.
        stacked: 3-D arrays are stacks of matrices (layer, out, in), see `stored_arrays`.

    Raises InputError for a damaged file, a convolution without size, and names that match no layer.
    """
    kind = ARRAY_FILES[path.suffix.lower()]
    chosen: Layout = layout or kind.layout
    check_layout(chosen)
    arrays = dequantized(kind.read(path))
    origin = stored_origin(arrays)
    stored = stored_arrays(arrays, chosen, stacked)
    if not stored:
        raise InputError("it holds no 2-D or 4-D array of floating point weights")
    names = layer_names(list(stored))
    geometry = _geometry(input_shape, sizes, strides, groups, paddings, chosen)
    convolutions = [names[key] for key, array in stored.items() if array.weight.ndim == 4]
    geometry.check(list(names.values()), convolutions)
    _check_channels(input_shape, names, stored, geometry)
    biases = bias_keys({key: len(array.weight) for key, array in stored.items()}, arrays)
    held = {array.key for array in stored.values()} | {bias for bias in biases.values() if bias}
    return Network(
        name=path.stem,
        layers=tuple(
            _layer(names[key], array, len(array.weight) * bool(biases[key]), geometry) for key, array in stored.items()
        ),
        weights_origin=origin,
        source=str(path),
        input_description=" x ".join(str(size) for size in input_shape or ()),
        notes="; ".join([*_one_size_for_all(stored, geometry), *_remarks(stored, names), *_left_out(arrays, held)]),
        other_params=other_parameters(arrays, held),
        path=path,
    )


def _geometry(
    input_shape: tuple[int, ...] | None,
    sizes: Size | Mapping[str, Size] | None,
    strides: Mapping[str, int] | None,
    groups: Mapping[str, int] | None,
    paddings: Mapping[str, int] | None,
    layout: Layout,
) -> _Geometry:
    if input_shape is not None and not (_are_sizes(input_shape) and len(input_shape) in (1, 3)):
        raise InputError(
            f"input_shape must be (channels, height, width) or (features,), of positive sizes and without a batch, "
            f"found {shown(input_shape)}"
        )
    for size in sizes.values() if isinstance(sizes, Mapping) else [] if sizes is None else [sizes]:
        if not _are_sizes(size) or len(size) != 2:
            raise InputError(f"sizes must be (height, width), found {shown(size)}")
    by_name = sizes if isinstance(sizes, Mapping) else {}
    default = (input_shape[1], input_shape[2]) if input_shape is not None and len(input_shape) == 3 else None
    one_size = sizes is not None and not isinstance(sizes, Mapping)
    every = (sizes[0], sizes[1]) if isinstance(sizes, tuple | list) else default
    return _Geometry(every, one_size, by_name, strides or {}, groups or {}, paddings or {}, layout != "out_in")


def _are_sizes(given: object) -> bool:
    return isinstance(given, tuple | list) and all(type(size) is int and size > 0 for size in given)


def _check_channels(
    input_shape: tuple[int, ...] | None, names: dict[str, str], stored: dict[str, StoredArray], geometry: _Geometry
) -> None:
    """The first weight says how many channels the input must have, or values where nothing is a convolution."""
    if input_shape is None:
        return
    key, first = next(iter(stored.items()))
    channels = first.weight.shape[1] * _matching(geometry.groups, names[key], first.groups)
    convolves = any(array.weight.ndim == 4 for array in stored.values())
    if first.weight.ndim == 4 or len(input_shape) == 1:
        given = input_shape[0]
    elif convolves:
        return  # a layer that comes first in the file need not be the one that reads the input
    else:
        given = prod(input_shape)
    if given != channels or (convolves and len(input_shape) == 1):
        raise InputError(f"input_shape {input_shape} does not fit layer {names[key]!r}, which reads {channels}")


def _layer(name: str, array: StoredArray, n_bias: int, geometry: _Geometry) -> Layer:
    weight = array.weight
    if weight.ndim == 2:
        return Layer(name=name, kind="linear", weight_shape=weight.shape, source=weight, n_bias=n_bias)
    size = _matching(geometry.sizes, name, geometry.default_size)
    if size is None:
        raise InputError(f"the file does not tell the input size of convolution {name!r}: give sizes or input_shape")
    stride = _matching(geometry.strides, name, 1)
    if type(stride) is not int or not 1 <= stride <= MAX_SIZE:
        raise InputError(f"layer {name!r}: stride: {shown(stride)}: must be positive, at most {MAX_SIZE}")
    return Layer(
        name=name,
        kind="conv2d",
        weight_shape=weight.shape,
        source=weight,
        n_bias=n_bias,
        input_size=(size[0], size[1]),
        stride=(stride, stride),
        padding=_padding(geometry, name, weight.shape[2:], (size[0], size[1]), stride),
        groups=_matching(geometry.groups, name, array.groups),
    )


def _padding(geometry: _Geometry, name: str, kernel: tuple[int, ...], size: Size, stride: int) -> tuple[int, ...]:
    given = _matching(geometry.paddings, name, None)
    if given is not None:
        return given, given
    if not geometry.like_tensorflow:
        return tuple((extent - 1) // 2 for extent in kernel)
    # ceil(size / stride) outputs, the odd row or column at the end
    total = [max((-(-n // stride) - 1) * stride + k - n, 0) for n, k in zip(size, kernel, strict=True)]
    return (*(t // 2 for t in total), *(t - t // 2 for t in total))


def _matching(by_pattern: Mapping[str, T], name: str, default: T) -> T:
    """The value under the exact name, else under the first pattern that matches."""
    if name in by_pattern:
        return by_pattern[name]
    return next((value for pattern, value in by_pattern.items() if fnmatchcase(name, pattern)), default)


def weights_and_biases(
    arrays: NamedArrays, layout: Layout = "out_in"
) -> dict[str, tuple[NDArray[Any], NDArray[Any] | None]]:
    """Every 2-D and 4-D array as a weight [out, ...] with its bias [out], by layer name in the file's order."""
    stored = stored_arrays(arrays, layout, stacked=False)
    names = layer_names(list(stored))
    biases = bias_keys({key: len(array.weight) for key, array in stored.items()}, arrays)
    return {
        names[key]: (array.weight, None if (bias := biases[key]) is None else arrays[bias])
        for key, array in stored.items()
    }


def stored_origin(arrays: NamedArrays) -> WeightsOrigin:
    """The origin noted in a file: drawn weights stay labelled as such after a round trip."""
    mark = arrays.pop(ORIGIN_KEY, None)
    return "synthetic" if mark is not None and str(mark) == "synthetic" else "imported"


def _left_out(arrays: NamedArrays, held: set[str]) -> list[str]:
    left_out = [f"{key} {array.shape}" for key, array in arrays.items() if array.ndim > 1 and key not in held]
    stacks = any(is_weight(array, (3,)) for key, array in arrays.items() if key not in held)
    hint = " (stacked=True reads 3-D arrays as stacks of matrices)" if stacks else ""
    return [f"not read as layers: {', '.join(left_out)}{hint}"] if left_out else []


def _remarks(stored: dict[str, StoredArray], names: dict[str, str]) -> list[str]:
    recurrent = [names[key] for key in stored if is_recurrent(names[key])]
    tied = [array.key for key, array in stored.items() if key == f"{array.key}.output"]
    remarks = [f"recurrent weights, counted for one time step: {', '.join(recurrent)}"] if recurrent else []
    return remarks + [f"{key} is taken for the output layer, too (tied embeddings)" for key in tied]


def _one_size_for_all(stored: dict[str, StoredArray], geometry: _Geometry) -> list[str]:
    convolutions = sum(array.weight.ndim == 4 for array in stored.values())
    if geometry.default_size is None or convolutions < 2 or geometry.sizes:
        return []
    height, width = geometry.default_size
    return [f"no sizes by layer: all {convolutions} convolutions are taken to read {height} x {width} maps"]
