"""What criteria refuse of the data that they need, each with one line that names the field and the layer."""

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import FloatArray
from sparsesim.errors import InputError
from sparsesim.pruning.criteria.criterion import Data


def checked_numbers(field: str, data: Data, layer: str) -> NDArray[np.float64]:
    """`data` as a contiguous float64 array. Raises InputError unless it holds finite numbers."""
    array = np.asarray(data)
    if array.dtype.kind not in "fiu":
        raise InputError(f"{field} of {layer!r} is {array.dtype}: expected numbers")
    numbers = np.ascontiguousarray(array, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise InputError(f"{field} of {layer!r} contains NaN or infinity")
    return numbers


def numbers_like_weight(field: str, data: Data, weight: FloatArray, layer: str) -> NDArray[np.float64]:
    """`checked_numbers` of the shape of the weight."""
    numbers = checked_numbers(field, data, layer)
    if numbers.shape != weight.shape:
        raise InputError(f"{field} of {layer!r} has shape {numbers.shape}: expected {weight.shape} like the weights")
    return numbers


def check_not_negative(field: str, numbers: NDArray[np.float64], layer: str) -> None:
    """Raise InputError for a negative number."""
    if numbers.size and numbers.min() < 0:
        raise InputError(f"{field} of {layer!r} contains {numbers.min():g}: it must be at least 0")
