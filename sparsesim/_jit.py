"""The two decorators that every jitted kernel uses, so that compile options stand in one place; rows over threads.

Kernels are leaves: plain loops over int64 and float arrays. A kernel may call only kernels of its own
file, because the on-disk cache does not notice a changed callee in another file.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])
Result = TypeVar("Result")
LEAST_WORK = 1 << 16  # elements that are worth a thread


def kernel(function: F) -> F:
    """Compile `function` at its first call and keep the machine code on disk."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))


def parallel_kernel(function: F) -> F:
    """Like `kernel`, with `prange` loops spread over threads; each iteration writes its own slot only."""
    return cast(F, numba.njit(cache=True, nogil=True, parallel=True)(function))


def over_rows(
    run: Callable[[int, int], Result], rows: int, threads: int = 1, row_size: int = 1, step: int = 1
) -> list[Result]:
    """Results of `run(first, stop)` over slabs of 0..rows, one slab per thread, in the order of the rows.

    Slabs begin at multiples of `step`; rows of `row_size` elements that are few stay on one thread. Kernels release
    the interpreter lock, so slabs run side by side; `run` writes to rows of its own slab only.
    """
    threads = max(1, min(threads, rows * row_size // LEAST_WORK))
    bounds = [min(rows, -(-rows * i // (threads * step)) * step) for i in range(threads + 1)]
    if threads == 1:
        return [run(0, rows)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, bounds[:-1], bounds[1:]))
