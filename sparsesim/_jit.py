"""The decorator of every jitted kernel, so that compile options stand in one place, and a way to thread over rows.

Kernels are leaves: plain loops over int64 and float arrays. A kernel may call only kernels of its own
file, because the on-disk cache does not notice a changed callee in another file.
"""

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pickle import UnpicklingError
from typing import Any, Final, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])
Result = TypeVar("Result")
LEAST_WORK = 1 << 16
"""Elements per thread below which starting another thread costs more than it saves."""


class NoCacheWarning(UserWarning):
    """Machine code cannot be kept on disk, so that every process compiles anew what it runs."""


def kernel(function: F) -> F:
    """Compile `function` at its first call, cache the machine code on disk, and run it without the interpreter lock.

    Where there is no folder to write to, or it is full, kernels work without the cache, and a warning says so once.
    """
    try:
        compiled = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # "no locator available"
        _warn()
        return cast(F, numba.njit(nogil=True)(function))
    if hasattr(compiled, "_cache"):  # not where NUMBA_DISABLE_JIT leaves functions as they are
        compiled._cache = _Forgiving(compiled._cache)
    return cast(F, compiled)


class _Forgiving:
    """Numba's cache of one kernel, for which a failure to read or write is no failure of the kernel."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def load_overload(self, *what: Any) -> Any:
        """Machine code from disk, or None."""
        try:
            return self._cache.load_overload(*what)
        except (OSError, EOFError, UnpicklingError):  # a file cut short, by a full disk or by a crash
            _warn()
            return None

    def save_overload(self, *what: Any) -> None:
        """Machine code to disk, if there is room."""
        try:
            self._cache.save_overload(*what)
        except (OSError, EOFError, UnpicklingError):
            _warn()


@cache  # not left to the filters of warnings, which forget what they told whenever a library changes them
def _warn() -> None:
    """Once for all kernels and processes: workers import them after the process that starts them, and keep still."""
    from multiprocessing import current_process  # for which the usual start need not wait

    if current_process().name == "MainProcess":
        warnings.warn(_NO_CACHE, NoCacheWarning, stacklevel=1)


_NO_CACHE: Final = (
    "compiled kernels are not kept, so every start takes longer: no folder for them can be written to; "
    "set NUMBA_CACHE_DIR to one"
)


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
