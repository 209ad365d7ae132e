"""A Dask scheduler and two workers on this machine, as a user starts them."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager

from tests.cli.sessions import LONG_S


def dask(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@contextmanager
def cluster(folder, workers=2):
    """Its address, and its processes: the scheduler, then the workers."""
    file, processes = folder / "scheduler.json", []
    try:
        processes.append(
            dask("scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--scheduler-file", file)
        )
        address = _address(file)
        local = ("--nthreads", 1, "--no-nanny", "--no-dashboard", "--local-directory", folder)
        processes += [dask("worker", address, *local) for _ in range(workers)]
        _wait_for_workers(address, workers)
        yield address, processes
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def _address(file):
    until = time.monotonic() + LONG_S
    while time.monotonic() < until:
        try:
            return json.loads(file.read_text())["address"]
        except (OSError, ValueError):
            time.sleep(0.1)
    raise AssertionError("the scheduler did not start")


def _wait_for_workers(address, workers):
    from distributed import Client

    with Client(address, timeout=LONG_S, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=LONG_S)
