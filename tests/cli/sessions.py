"""Commands in sessions of their own: what runs there, and what is left when they are told to stop."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from sparsesim.errors import InputError
from sparsesim.store import opened

CODE = "from sparsesim.cli import main; main()"
MANY = {
    "networks": [{"name": "alexnet", "layers": "fc*"}],
    "pruners": [{"name": "magnitude", "sparsity": [number / 40 for number in range(20, 40)]}],
}
"""Of a sweep with two formats and two machines: points of which each takes about half a second."""
MANY_POINTS = 20 * 2 * 2
LONG_S = 60
"""Enough on any machine for what takes two seconds."""


def start(*arguments):
    """The command, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A process in the background of a shell, such as that of a test run, ignores Ctrl-C from the start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def in_session(process):
    """Processes in the session of the one that was started, but for itself and those that have ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == process.pid and int(path.parent.name) != process.pid and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def workers_of(process):
    return [number for number in in_session(process) if "LokyProcess" in command_of(number)]


def command_of(number):
    try:
        return Path(f"/proc/{number}/cmdline").read_text()
    except OSError:
        return ""


def wait_for(condition, process, limit_s=120):
    """Until the condition holds, which it must before the process ends."""
    until = time.monotonic() + limit_s
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


def points_in(store):
    """How many points of its sweep a store holds, 0 where there is none yet."""
    try:
        with opened(store) as kept:
            counts = kept.counts()
            return counts["asked"] - counts["missing"]
    except InputError:
        return 0


def wait_until_alone(process, limit_s=LONG_S):
    """Until nothing is left in the session."""
    until = time.monotonic() + limit_s
    while left := in_session(process):
        assert time.monotonic() < until, [command_of(number) for number in left]
        time.sleep(0.02)
