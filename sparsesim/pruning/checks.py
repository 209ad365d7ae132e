"""What pruning refuses, in one line each that names the layer, the field and the value."""

import math
import numbers
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import BoolArray, FloatArray
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.pruning.kernels import first_non_finite

LONGEST = 2**31 - 1


def check_amount(field: str, value: object, below: float = math.inf) -> None:
    """Raise InputError unless `value` is a number with 0 <= value < below."""
    if not isinstance(value, numbers.Real) or not 0 <= float(value) < below:
        raise InputError(f"{field}={value!r} must be a number in [0, {below:g})")


def check_length(field: str, value: int) -> None:
    """Raise InputError unless `value` can be a number of weights in a group."""
    if not 1 <= value <= LONGEST:
        raise InputError(f"{field}={value} must be between 1 and {LONGEST}")


def checked_weight(weight: NDArray[Any], layer: str, finite: bool = True) -> FloatArray:
    """`weight` as a contiguous, finite float32 or float64 array of 2 or 4 dimensions, copied only if needed.

    float16 is widened to float32. `finite=False` leaves NaN and infinity to a kernel that finds them on its way.
    Raises InputError that names the layer.
    """
    array = np.asarray(weight)
    if array.ndim not in (2, 4):
        raise InputError(f"weights of {layer!r} have shape {array.shape}: expected [out, in] or [c_out, c_in, kh, kw]")
    if array.dtype.kind != "f" or array.itemsize not in (2, 4, 8):
        raise InputError(f"weights of {layer!r} are {array.dtype}: expected float16, float32 or float64")
    wide = np.float64 if array.itemsize == 8 else np.float32
    contiguous: FloatArray = np.ascontiguousarray(array, dtype=wide)
    if finite:
        check_finite(contiguous, layer)
    return contiguous


def checked_mask(mask: NDArray[Any], shape: tuple[int, ...], layer: str) -> BoolArray:
    """`mask` as a contiguous boolean array. Raises InputError unless it is boolean and has `shape`."""
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.shape != shape:
        raise InputError(
            f"frozen mask of {layer!r} is {array.dtype} {array.shape}: expected bool {shape} like the weights"
        )
    return np.ascontiguousarray(array)


def check_layers(field: str, given: Iterable[str], weights: Mapping[str, object]) -> None:
    """Raise UnknownNameError for a layer in `given` that is not among `weights`."""
    for layer in given:
        if layer not in weights:
            raise UnknownNameError(f"layer in {field}", layer, weights)


def check_finite(weight: FloatArray, layer: str) -> None:
    """Raise InputError that names the first NaN or infinity of a contiguous `weight`."""
    position = first_non_finite(weight.reshape(-1))
    if position >= 0:
        index = [int(i) for i in np.unravel_index(position, weight.shape)]
        value = weight.reshape(-1)[position]
        raise InputError(f"weights of {layer!r} contain {value} at {index}: only finite weights can be pruned")
