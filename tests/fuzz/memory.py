"""How much memory a piece of code took at its peak, libraries included."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
ROOM_BYTES = 6 * 2**30
"""Address space that a group may add: what takes more gets a MemoryError instead of the memory of the machine."""


@dataclass
class Peak:
    """Bytes by which the resident set grew at most; known once the block has ended."""

    bytes: int = 0


@contextmanager
def peak_growth() -> Iterator[Peak]:
    """The growth of this process at its peak within the block.

    Linux counts from the start of the block; elsewhere only a new peak of the whole process is seen.
    """
    try:
        _CLEAR.write_text(_RESET_PEAK)
        before = _kilobytes("VmRSS")
        read = _peak_kilobytes
    except OSError:
        before, read = _highest_kilobytes(), _highest_kilobytes
    peak = Peak()
    try:
        yield peak
    finally:
        peak.bytes = max(0, read() - before) * 1024


@contextmanager
def bounded_address_space(room_bytes: int = ROOM_BYTES) -> Iterator[None]:
    """Within the block this process can add so much address space and no more, where the system knows such limits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        limit = _kilobytes("VmSize") * 1024 + room_bytes
    except OSError:
        yield
        return
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _peak_kilobytes() -> int:
    return _kilobytes("VmHWM")


def _highest_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _kilobytes(field: str) -> int:
    text = _STATUS.read_text(encoding="ascii", errors="replace")
    return int(text[text.index(f"\n{field}:") + len(field) + 2 :].split(maxsplit=1)[0])
