"""Worker processes on this machine, of which none is left behind."""

import os
import re
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Final

from sparsesim.worker import ENDINGS, LostWorkerError, end_with

MOST_TOLD: Final = 3
"""Tasks that are named where one of them lost its worker."""


@contextmanager
def worker_processes(workers: int) -> Iterator[Executor]:
    """An executor of so many processes, kept for the next sweep; any exception, Ctrl-C included, kills them.

    They end with this process too, however it ends.
    """
    from loky import get_reusable_executor
    from loky.backend import resource_tracker as tracker_of_loky

    # Started later, they would give Ctrl-C back to the thread that starts them, and to workers after them.
    resource_tracker.ensure_running()
    tracker_of_loky.ensure_running()
    started_by_main_thread = threading.current_thread() is threading.main_thread()
    executor = get_reusable_executor(
        max_workers=workers, initializer=end_with, initargs=(os.getpid(), started_by_main_thread)
    )
    try:
        yield executor
    except BaseException:
        with uninterrupted():
            executor.shutdown(wait=True, kill_workers=True)
        raise


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold signals that end a command back until the block is left, and keep them from processes started there.

    A worker that is being started when Ctrl-C comes would not be known yet, and not be killed; one that is told of it
    while it starts would print where it was.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = {number: signal.signal(number, lambda number, frame: held.append(number)) for number in ENDINGS}
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
        for number, handler in before.items():
            signal.signal(number, handler)
    if held:
        signal.raise_signal(held[0])


def lost(error: BaseException, among: Sequence[str]) -> Exception:
    """What became of a worker, and what it may have been at."""
    if isinstance(error, Exception) and error.__cause__ is not None:
        return error  # nothing was lost: a task or a result could not be handed over
    named = re.search(r"\b(SIG[A-Z]+)\(-\d+\)", str(error))  # loky tells it in words only
    signalled = named.group(1) if named else "SIGKILL"
    cause = "probably as memory ran out" if signalled == "SIGKILL" else f"by {signalled}"
    more = [f"{len(among) - MOST_TOLD} more"] if len(among) > MOST_TOLD else []
    shown = " or ".join([*among[:MOST_TOLD], *more])
    return LostWorkerError(f"a worker process was killed, {cause}, while it computed {shown}")
