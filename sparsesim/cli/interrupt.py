"""Ctrl-C: a command is gone within two seconds, whatever it is doing, and says what is kept."""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import active_children
from select import select
from typing import Final, NoReturn

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C: 128 + SIGINT."""
GRACE_S: Final = 0.7
"""How long a command has to end by itself; what runs outside of Python does not notice Ctrl-C before it is done."""
NOTHING_KEPT: Final = "nothing is kept"

_END: Final = b"\0"


class Stopped(Exception):  # noqa: N818 (no error)
    """Ctrl-C, with what is kept in words."""


@contextmanager
def interruptible(kept: Callable[[], str] = lambda: NOTHING_KEPT) -> Iterator[None]:
    """Make Ctrl-C within the block a `Stopped` that tells what is `kept` by then.

    A block that does not stop in time ends with the process and its children.
    """
    try:
        with _watched(kept):
            yield
    except KeyboardInterrupt as error:
        raise Stopped(kept()) from error


def leave(kept: str) -> NoReturn:
    """Say what is kept and exit; whatever still runs in the background gets a moment and no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stderr.write(f"interrupted: {kept}\n")
    sys.stderr.flush()
    last = threading.Timer(GRACE_S / 2, _end)
    last.daemon = True
    last.start()
    # Only what has to be cleaned up: taking the whole interpreter down may take a second.
    atexit._run_exitfuncs()
    os._exit(INTERRUPTED)


@contextmanager
def _watched(kept: Callable[[], str]) -> Iterator[None]:
    """With a thread that is told of Ctrl-C at once, and acts if the main thread has not done so after a while."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    before = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    watch = threading.Thread(target=_watch, args=(told, kept), daemon=True)
    watch.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.write(tell, _END)
        watch.join()
        os.close(tell)
        os.close(told)


def _watch(told: int, kept: Callable[[], str]) -> None:
    while (byte := os.read(told, 1)) != _END:
        if byte[0] == signal.SIGINT and not select([told], [], [], GRACE_S)[0]:
            sys.stderr.write(f"interrupted: {kept()}\n")
            _end()


def _end() -> None:
    for child in active_children():
        child.kill()
    sys.stderr.flush()
    os._exit(INTERRUPTED)
