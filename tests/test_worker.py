"""Processes that end with the one that started them."""

import os
import signal
import subprocess
import sys
import time

import pytest

CHILD = "import os, sys, time; from sparsesim.worker import end_with; end_with(os.getppid(), {linux}); {then}"
PARENT = """
import subprocess, sys, threading, time
def start():
    child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
    child.stdout.readline()
    print(child.pid, flush=True)
thread = threading.Thread(target=start)
thread.start() if sys.argv[2] == "thread" else start()
time.sleep(600)
"""
SLEEPS = "print(flush=True); time.sleep(600)"
HOLDS_THE_LOCK = "import ctypes; print(flush=True); ctypes.PyDLL(None).sleep(600)"


def runs(number):
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def family(child, starter="main"):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, child, starter], stdout=subprocess.PIPE, text=True)
    return parent, int(parent.stdout.readline())


@pytest.mark.parametrize(
    ("linux", "then"),
    [
        pytest.param(False, SLEEPS, id="looks for its parent"),
        pytest.param(True, SLEEPS, id="is ended by Linux"),
        pytest.param(True, HOLDS_THE_LOCK, id="is ended by Linux in compiled code"),
    ],
)
def test_it_ends_when_its_parent_is_killed(linux, then):
    parent, child = family(CHILD.format(linux=linux, then=then))
    assert runs(child)
    parent.kill()
    parent.wait()
    until = time.monotonic() + 30
    while runs(child) and time.monotonic() < until:
        time.sleep(0.02)
    alive = runs(child)
    if alive:
        os.kill(child, signal.SIGKILL)
    assert not alive


def test_one_that_a_thread_started_outlives_the_thread():
    """Linux would take the end of the thread for that of the process."""
    parent, child = family(CHILD.format(linux=False, then=SLEEPS), "thread")
    time.sleep(1)
    assert runs(child)
    parent.kill()
    parent.wait()


def test_it_ends_at_once_if_its_parent_is_gone_already():
    code = "import os; from sparsesim.worker import end_with; end_with(os.getppid() + 1, True); print('went on')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_it_is_imported_without_what_takes_long():
    code = (
        "import sys, sparsesim.worker; print(*[name for name in ('numpy', 'pydantic', 'yaml') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
