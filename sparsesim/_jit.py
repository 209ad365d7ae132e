"""The decorator of every jitted kernel, so that compile options stand in one place, and a way to thread over rows.

Kernels are leaves: plain loops over int64 and float arrays. A kernel may call only kernels of its own
file, because the on-disk cache does not notice a changed callee in another file.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])
Result = TypeVar("Result")
LEAST_WORK = 1 << 16
"""Elements per thread below which starting another thread costs more than it saves."""


def kernel(function: F) -> F:
    """Compile `function` at its first call, cache the machine code on disk, and run it without the interpreter lock."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))


def over_rows(
    run: Callable[[int, int], Result], rows: int, threads: int = 1, row_size: int = 1, step: int = 1
) -> list[Result]:
    """Results of `run(first, stop)` for slabs that cover rows 0..rows-1, one slab per thread, in row order.

    Slabs begin at multiples of `step`. `row_size` is the number of elements in a row: little work stays on one
    thread. Kernels release the interpreter lock, so slabs run side by side; `run` may write to rows of its own
    slab only.
    """
    threads = max(1, min(threads, rows * row_size // LEAST_WORK))
    bounds = [min(rows, -(-rows * i // (threads * step)) * step) for i in range(threads + 1)]
    if threads == 1:
        return [run(0, rows)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, bounds[:-1], bounds[1:]))
