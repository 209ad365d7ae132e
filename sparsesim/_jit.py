"""The two decorators of all jitted kernels, so that compile options are in one place, and a loop over threads.

Kernels are leaves: plain loops over int64 and float arrays. A kernel may only call kernels in its own file, because the
on-disk cache does not notice a changed callee in another file.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])
Result = TypeVar("Result")
LEAST_WORK = 1 << 16
"""Elements per thread below which starting another one costs more than it saves."""


def kernel(function: F) -> F:
    """Compile `function` at its first call, cache the machine code on disk, and release the interpreter lock in it."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))


def parallel_kernel(function: F) -> F:
    """Like `kernel`, with `prange` loops on all threads; an iteration may only write to a slot of its own."""
    return cast(F, numba.njit(cache=True, nogil=True, parallel=True)(function))


def over_rows(
    run: Callable[[int, int], Result], rows: int, threads: int = 1, row_size: int = 1, step: int = 1
) -> list[Result]:
    """Results of `run(first, stop)` for slabs of 0..rows in order of rows, one slab per thread.

    Slabs begin at multiples of `step`; less than `LEAST_WORK` elements (rows x `row_size`) per thread use fewer
    threads. Slabs run concurrently, as kernels release the interpreter lock; `run` may only write to rows of its slab.
    """
    threads = max(1, min(threads, rows * row_size // LEAST_WORK))
    bounds = [min(rows, -(-rows * i // (threads * step)) * step) for i in range(threads + 1)]
    if threads == 1:
        return [run(0, rows)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, bounds[:-1], bounds[1:]))
