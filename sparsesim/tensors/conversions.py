"""Arrays from outside as the few types that matrices are made of; a value that a type cannot hold is refused."""

import sys
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sparsesim.array_types import FloatArray
from sparsesim.errors import InputError
from sparsesim.limits import MAX_INT64, checked_size

_REAL: Final = "fiub"
_FLOATS: Final[dict[int, np.dtype[Any]]] = {4: np.dtype(np.float32), 8: np.dtype(np.float64)}
_NARROW_BYTES: Final = 2
"""Integers and floats of so many bytes are exact in float32."""
LARGEST_MATRIX: Final = 2**62
"""Positions of a matrix: kernels add a block or a row to the last one, and stay within 64 bits."""


def plain_array(given: ArrayLike) -> NDArray[Any]:
    """The array of what NumPy understands; InputError for rows of different lengths and for masked entries."""
    # Another thread may be importing it right now; there are no masked arrays until it is there.
    is_masked = getattr(sys.modules.get("numpy.ma"), "is_masked", None)
    if is_masked is not None and is_masked(given):
        raise InputError("a masked array hides entries; .filled(0) says what they count as")
    try:
        return np.asarray(given)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"not an array of numbers ({' '.join(str(error).split())})") from error


def float_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """float32 or float64, in the byte order of this machine: the type in which values of `dtype` are kept.

    Floats of 4 and 8 bytes stay what they are, truth values and types of up to 2 bytes become float32, all others
    float64. Raises InputError for everything that is not a real number.
    """
    if dtype.kind not in _REAL:
        raise InputError(f"values of type {dtype} cannot be used; real numbers are needed")
    if dtype.kind == "f" and dtype.itemsize in _FLOATS:
        return _FLOATS[dtype.itemsize]
    return _FLOATS[4] if dtype.itemsize <= _NARROW_BYTES else _FLOATS[8]


def real_values(array: NDArray[Any]) -> FloatArray:
    """The same numbers as `float_type` says; what is float32 or float64 already is not copied.

    Raises InputError that names the first value which that type does not hold exactly (of long integers and long
    doubles, and sums of narrow integers), and for values that are not real numbers.
    """
    wanted = float_type(array.dtype)
    with np.errstate(over="ignore", under="ignore"):  # what that changes is found below
        converted: FloatArray = array.astype(wanted, copy=False)
    if array.dtype.kind == "b" or array.dtype.itemsize < wanted.itemsize or array.dtype.newbyteorder("=") == wanted:
        return converted
    lost = np.flatnonzero(_changed(array.ravel(), converted.ravel()))
    if lost.size:
        value = array.ravel()[lost[0]]
        raise InputError(
            f"value {value} of type {array.dtype} is no {wanted} number, it would become {converted.ravel()[lost[0]]}; "
            f".astype({str(wanted)!r}) rounds on purpose"
        )
    return converted


def summed_values(sums: NDArray[Any], given: np.dtype[Any]) -> FloatArray:
    """Sums of entries of the type `given`, in its type if they are exact there, else in float64.

    Sums are int64 of integers and float64 of floats, whose own rounding a narrower type may add to.
    """
    wanted = float_type(given)
    if sums.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return sums.astype(wanted, copy=False)
    narrow: FloatArray = sums.astype(wanted, copy=False)
    return narrow if not _changed(sums, narrow).any() else real_values(sums)


def index_array(given: ArrayLike, what: str) -> NDArray[Any]:
    """A list of integers as int32 or int64; InputError that names `what` for anything else, also for 1.5 and 2**63."""
    array = plain_array(given)
    if array.ndim != 1:
        raise InputError(f"{what} has {array.ndim} dimensions, a list of integers has one")
    if not array.size:
        return np.zeros(0, np.int64)
    if array.dtype.kind not in "iu":
        raise InputError(f"{what} is of type {array.dtype}, not a list of integers")
    if array.dtype.kind == "u" and array.dtype.itemsize == 8 and int(array.max()) > MAX_INT64:
        raise InputError(f"{what} holds {array.max()}, more than 64 bits can count")
    return array.astype(np.int32 if array.dtype.newbyteorder("=") == np.int32 else np.int64, copy=False)


def checked_shape(shape: Any) -> tuple[int, int]:
    """(rows, columns) as whole numbers that are not negative, and whose product 64 bits can count; else InputError."""
    try:
        rows, columns = (side.__index__() for side in shape)
    except (TypeError, ValueError, AttributeError):
        raise InputError(f"shape {shape}: two whole numbers are needed, rows and columns") from None
    if min(rows, columns) < 0:
        raise InputError(f"shape {(rows, columns)} has a negative side")
    checked_size("positions of a matrix", max(rows, 1), max(columns, 1), limit=LARGEST_MATRIX)
    return rows, columns


def _changed(array: NDArray[Any], converted: FloatArray) -> NDArray[np.bool_]:
    """bool[n]: where conversion gave another number."""
    if array.dtype.kind == "f":
        lost: NDArray[np.bool_] = (converted.astype(array.dtype) != array) & ~np.isnan(array)
        return lost
    limit = 2.0 ** (8 * array.dtype.itemsize - (array.dtype.kind == "i"))
    inside = converted < limit
    lost = ~inside
    lost[inside] = converted[inside].astype(array.dtype) != array[inside]
    return lost
