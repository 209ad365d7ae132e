"""Ctrl-C and `kill`: a command is gone within two seconds, whatever it is doing, and says what is kept."""

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import active_children
from select import select
from types import FrameType
from typing import Final, NoReturn

from sparsesim.worker import ENDINGS, LostWorkerError

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C: 128 + SIGINT. After another signal it is 128 and the number of that."""
WORKER_LOST: Final = 1
"""Exit code where the command itself was not stopped, but one of its processes."""
GRACE_S: Final = 0.7
"""How long a command has to end by itself; what runs outside of Python does not notice Ctrl-C before it is done."""
NOTHING_KEPT: Final = "nothing is kept"

_END: Final = b"\0"


class Stopped(Exception):  # noqa: N818 (no error)
    """A command that was stopped, with what is kept, in a line; and its exit code."""

    def __init__(self, line: str, code: int = INTERRUPTED) -> None:
        super().__init__(line)
        self.code = code


@contextmanager
def interruptible(kept: Callable[[], str] = lambda: NOTHING_KEPT, at_once: bool = True) -> Iterator[None]:
    """Make a signal within the block, or a worker that is killed, a `Stopped` that tells what is `kept` by then.

    Unless it is `at_once`, the block is done first, as imports have to be: an exception gets lost in their callbacks.
    A block that does not stop in time ends with the process and its children.
    """
    try:
        with _watched(kept, at_once):
            yield
    except KeyboardInterrupt as error:
        raise Stopped(_interrupted(kept), *error.args) from error
    except LostWorkerError as error:
        raise Stopped(f"error: {error}; {kept()}", WORKER_LOST) from error


def leave(line: str, code: int = INTERRUPTED) -> NoReturn:
    """Say why and what is kept, and exit; whatever still runs in the background gets a moment and no more."""
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)
    _end_soon(code)  # even if nobody reads what is told next
    _tell(line)
    # Only what has to be cleaned up: taking the whole interpreter down may take a second.
    atexit._run_exitfuncs()
    os._exit(code)


@contextmanager
def _watched(kept: Callable[[], str], at_once: bool) -> Iterator[None]:
    """With a thread that is told of signals at once, and acts if the main thread has not done so after a while."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    fd_before = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    seen: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        if at_once:
            raise KeyboardInterrupt(_code(number))

    before = {number: signal.signal(number, interrupt) for number in ENDINGS if _would_end(number)}
    watch = threading.Thread(target=_watch, args=(told, kept), daemon=True)
    watch.start()
    try:
        yield
        if seen:
            raise KeyboardInterrupt(_code(seen[0]))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(fd_before)
        os.write(tell, _END)
        watch.join()
        os.close(tell)
        os.close(told)


def _would_end(number: int) -> bool:
    """Whether nobody has decided otherwise: `nohup` has SIGHUP ignored."""
    return signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)


def _code(number: int) -> int:
    return 128 + number


def _watch(told: int, kept: Callable[[], str]) -> None:
    while (byte := os.read(told, 1)) != _END:
        if byte[0] in ENDINGS:
            if _ended(told, time.monotonic() + GRACE_S):
                return
            _end_soon(_code(byte[0]))
            _tell(_interrupted(kept))
            _end(_code(byte[0]))


def _ended(told: int, until: float) -> bool:
    """Whether the block is left in time; the same signal again gives it no more of that."""
    while select([told], [], [], max(until - time.monotonic(), 0))[0]:
        if os.read(told, 1) == _END:
            return True
    return False


def _interrupted(kept: Callable[[], str]) -> str:
    try:
        return f"interrupted: {kept()}"
    except Exception:  # what keeps it is damaged, or cannot be asked right now
        return "interrupted"


def _tell(line: str) -> None:
    with suppress(Exception):  # nobody reads it; the exit code tells
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _end_soon(code: int) -> None:
    last = threading.Timer(GRACE_S / 2, _end, (code,))
    last.daemon = True
    last.start()


def _end(code: int) -> None:
    with suppress(Exception):  # they end with this process anyway, as soon as they notice
        for child in active_children():
            child.kill()
    os._exit(code)
