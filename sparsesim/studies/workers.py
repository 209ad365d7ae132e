"""Worker processes on this machine, of which none is left behind."""

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def worker_processes(workers: int) -> Iterator[Executor]:
    """An executor of so many processes, kept for the next sweep; any exception, Ctrl-C included, kills them."""
    from loky import get_reusable_executor
    from loky.backend import resource_tracker as tracker_of_loky

    # Started later, they would give Ctrl-C back to the thread that starts them, and to workers after them.
    resource_tracker.ensure_running()
    tracker_of_loky.ensure_running()
    executor = get_reusable_executor(max_workers=workers)
    try:
        yield executor
    except BaseException:
        with uninterrupted():
            executor.shutdown(wait=True, kill_workers=True)
        raise


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until the block is left, and keep it from processes that are started there.

    A worker that is being started when Ctrl-C comes would not be known yet, and not be killed; one that is told of it
    while it starts would print where it was.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, before)
    if held:
        raise KeyboardInterrupt
