"""What one input may ask for: memory that is checked before it is taken, and sizes that integers can count.

Files and arguments from outside say how large they are before anything is allocated. Whoever reads such a size asks
here first, so that a file of a few bytes is refused with its size and does not fill the memory.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import prod
from pathlib import Path
from typing import Final

from sparsesim.errors import InputError, TooLargeError

MAX_INT64: Final = 2**63 - 1
MAX_MACS: Final = 2**56
"""MACs of one operation: counts of bits, of which there are fewer than 128 for each MAC, stay within 64 bits."""

_SHARE: Final = 4
"""A quarter of the memory is what one input may take unless the user says otherwise."""
_SMALL_BYTES: Final = 2**24
"""Less than a quarter of the memory of anything that runs this."""
_UNKNOWN_MEMORY_BYTES: Final = 4 * 2**30
"""Taken where the system does not tell how much there is (assumed)."""
_CGROUP_LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_BUDGET: Final[ContextVar[int | None]] = ContextVar("memory budget in bytes", default=None)


@contextmanager
def memory_budget(size_bytes: int | None) -> Iterator[None]:
    """Within the block one input, such as a file or a product, may take so many bytes; more raises InputError.

    None leaves the budget as it is: a quarter of the memory.

    >>> import sparsesim as ss
    >>> with ss.memory_budget(10**6):
    ...     ss.read_matrix("karate").nnz
    156
    """
    if size_bytes is None:
        yield
        return
    if size_bytes < 1:
        raise InputError(f"a memory budget of {size_bytes} bytes leaves nothing; at least 1 is needed")
    token = _BUDGET.set(size_bytes)
    try:
        yield
    finally:
        _BUDGET.reset(token)


def budget_bytes() -> int:
    """Bytes that one input may take: what `memory_budget` says, else a quarter of the memory of this machine."""
    chosen = _BUDGET.get()
    return _memory_bytes() // _SHARE if chosen is None else chosen


def check_memory(what: str, size_bytes: int) -> None:
    """Raise TooLargeError if `what` needs more bytes than one input may take. To be asked before memory is taken."""
    if size_bytes <= _SMALL_BYTES and _BUDGET.get() is None:
        return  # asked for every tiling of every layer, where files of the system take longer to read than the rest
    budget = budget_bytes()
    if size_bytes > budget:
        raise TooLargeError(
            f"{what} needs {in_words(size_bytes)} of memory, more than the {in_words(budget)} that one input may take; "
            "--memory allows more"
        )


def checked_size(what: str, *factors: int, limit: int = MAX_INT64) -> int:
    """The product of sizes; InputError that shows them if it is beyond `limit`, by default what 64 bits can count."""
    size = prod(factors)
    if size > limit:
        shown = " x ".join(_short(factor) for factor in factors)
        raise InputError(f"{what}: {shown} is more than the {_short(limit)} that can be counted")
    return size


def in_words(size_bytes: int) -> str:
    """A number of bytes for a message: 999 B, 7.2 GB, 1e+30 B."""
    for scale, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if scale <= size_bytes < 10**15:
            return f"{size_bytes / scale:.3g} {unit}"
    return f"{_short(size_bytes)} B"


def _short(number: int) -> str:
    """All digits of numbers that people can read, the first three of longer ones; without Python's limit on digits."""
    if number < 10**15:
        return str(number)
    digits = int((number.bit_length() - 1) * 0.30102999566)  # log10(2): at most one too few
    scaled = number // 10 ** (digits - 2)
    if scaled >= 1000:
        digits, scaled = digits + 1, scaled // 10
    return f"{scaled / 100:g}e+{digits}"


def _memory_bytes() -> int:
    """Memory of the machine, or what a container may use of it."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN_MEMORY_BYTES
    for file in _CGROUP_LIMITS:
        try:
            found = min(found, int(file.read_text()))
        except (OSError, ValueError):  # no such limit: the file says "max", or is not there
            continue
    return found
