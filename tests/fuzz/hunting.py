"""`hunt`: draws cases, lets a check look at each within limits of time and memory, and counts what came of them."""

import faulthandler
import gc
import signal
import sys
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sparsesim.limits import memory_budget
from tests.fuzz.memory import peak_growth

Outcome = Literal["simulated", "refused"]
Check = Callable[[Any], Outcome]

LONG = "long"
SHARE_OF_SMALL = 150
"""The small profile draws one case where the long one draws so many."""

CASE_SECONDS = 10.0
"""Of this process: on a busy machine the clock on the wall says nothing."""
WALL_SECONDS = 120.0
"""After which a case is ended, whatever it waits for."""
BUDGET_BYTES = 64 * 2**20
ALLOWED_BYTES = 2 * BUDGET_BYTES
"""The budget of an input, and what Python itself takes on the way."""


@dataclass
class Tally:
    """What came of the cases of one group."""

    group: str
    cases: int = 0
    refused: int = 0
    simulated: int = 0
    seconds: float = 0.0
    peak_bytes: int = 0


class OverdueError(AssertionError):
    """A case that has not ended in time."""


class OverspentError(AssertionError):
    """A case that took more memory than its budget."""


def is_long() -> bool:
    """Whether the long profile was asked for."""
    return settings.get_current_profile_name() == LONG


def drawn(cases: int) -> int:
    """How many cases of those in the long profile are drawn in this one."""
    return cases if is_long() else max(4, cases // SHARE_OF_SMALL)


def hunt(
    cases: st.SearchStrategy[Any], check: Check, number: int, tally: Tally, seeded: str = "", shrink: bool = True
) -> None:
    """Let `check` look at `number` cases, equal ones for equal seeds; what it raises comes out with the smallest case.

    A case is any value; the check says whether it was simulated or refused, and raises AssertionError for a fault.
    """
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)

    @seed(zlib.crc32(seeded.encode()))
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=phases,
    )
    @given(case=cases)
    def every(case: Any) -> None:
        watched(case, check, tally)

    every()


def watched(case: Any, check: Check, tally: Tally) -> None:
    """One case within its limits. Kernels are compiled in a first call, so only a second one counts against them."""
    started = time.perf_counter()
    tally.cases += 1
    try:
        outcome, seconds, growth = _limited(case, check)
        if seconds > CASE_SECONDS or growth > ALLOWED_BYTES:
            gc.collect()
            outcome, seconds, growth = _limited(case, check)
        if seconds > CASE_SECONDS:
            raise OverdueError(f"{seconds:.1f} s, where {CASE_SECONDS:g} are the limit")
        if growth > ALLOWED_BYTES:
            raise OverspentError(f"{growth:,} bytes of memory, where {BUDGET_BYTES:,} are the budget")
    finally:
        tally.seconds += time.perf_counter() - started
    tally.peak_bytes = max(tally.peak_bytes, growth)
    setattr(tally, outcome, getattr(tally, outcome) + 1)


def _limited(case: Any, check: Check) -> tuple[Outcome, float, int]:
    """What came of a case, the seconds of this process that it took, and the bytes of memory."""
    started = time.process_time()
    with warnings.catch_warnings(), memory_budget(BUDGET_BYTES), peak_growth() as peak, _within(WALL_SECONDS):
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        outcome = check(case)
    return outcome, time.process_time() - started, peak.bytes


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: Any) -> None:
        raise OverdueError(f"not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    # What never returns to Python hears no signal: then the run ends, and says where it was.
    faulthandler.dump_traceback_later(2 * seconds, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def emptied(folder: Path) -> Path:
    """The folder without the files of the case before."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    return folder
