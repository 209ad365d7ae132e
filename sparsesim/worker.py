"""What a worker process is told first, and the error of one that was lost. Every worker waits for what is imported."""

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import Final

ENDINGS: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
"""What ends a command: Ctrl-C, `kill`, and a terminal that is closed."""

_PR_SET_PDEATHSIG: Final = 1
"""Of `linux/prctl.h`: the signal that a process gets when the thread that started it ends."""
_LOOK_S: Final = 0.25
"""How often a worker looks for its parent."""


class LostWorkerError(RuntimeError):
    """A worker process was killed from outside, or died; what it was doing is lost, and nobody's input is at fault."""


def end_with(parent: int, started_by_main_thread: bool) -> None:
    """End this process as soon as its `parent` is gone, which cannot tell it so when it is killed.

    Linux does that itself, whatever runs here, but takes the end of the thread that started a process for that of
    the parent. A thread that looks for the parent does it everywhere else, as soon as it gets the interpreter's lock.
    """
    if started_by_main_thread and sys.platform == "linux":
        import ctypes  # which commands that start no worker do without

        with suppress(OSError, AttributeError):  # another C library: the thread below is left
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before this began
        os._exit(1)
    threading.Thread(target=_look_for, args=(parent,), name="looks for the parent", daemon=True).start()
    # Whoever started this held signals back meanwhile. Ctrl-C stays with the parent, which then ends this process.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS - {signal.SIGINT})


def _look_for(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)
