"""What compression refuses, with one line that names the array."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError


def finite_weight(weight: NDArray[Any], name: str) -> NDArray[np.float32]:
    """`weight` as a contiguous float32 array, copied only if needed.

    Raises InputError for anything but floating-point numbers, for NaN and infinity, and for values beyond float32.
    """
    array = np.asarray(weight)
    if array.dtype.kind != "f":
        raise InputError(f"{name} is {array.dtype}: expected floating-point numbers")
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(array, np.float32).reshape(array.shape)
    # The extremes carry NaN and infinity, without a mask as large as the weights.
    if single.size and not (np.isfinite(single.min()) and np.isfinite(single.max())):
        raise InputError(f"{name} holds NaN or infinity, or a value too large for fp32")
    return single
