"""The two decorators that every jitted kernel uses, so that compile options stand in one place.

Kernels are leaves: plain loops over int64 and float arrays. A kernel may call only kernels of its own
file, because the on-disk cache does not notice a changed callee in another file.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile `function` at its first call and keep the machine code on disk."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))


def parallel_kernel(function: F) -> F:
    """Like `kernel`, with `prange` loops spread over threads; each iteration writes its own slot only."""
    return cast(F, numba.njit(cache=True, nogil=True, parallel=True)(function))
