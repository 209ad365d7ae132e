"""Small grids of real points, and what becomes of their results where a test wants trouble."""

import os
import signal
from dataclasses import replace
from pathlib import Path

from sparsesim.studies import resolved
from sparsesim.studies.sweeps.sweep import Sweep

SMALL = {
    "name": "small",
    "networks": ["digits-cnn"],
    "pruners": ["none", {"name": "magnitude", "sparsity": [0.5, 0.9]}],
    "formats": ["dense", "csr"],
    "machines": ["titan-x", "core-i7-5930k"],
}


def small(**changes):
    return resolved(Sweep.model_validate(SMALL | changes)).tasks


def every(tasks):
    return {number: range(len(task.points)) for number, task in enumerate(tasks)}


def timeless(results):
    """The results without the time that they took to compute."""
    return [replace(result, simulation_seconds=0.0) for result in results]


class DiesAt:
    """Ends its process at points in one format, so many times in all; marks are files, which processes share."""

    def __init__(self, folder, format, times, signalled=signal.SIGKILL):
        self.folder, self.format, self.times, self.signalled = str(folder), format, times, signalled

    def __call__(self, results):
        if results[0].format == self.format:
            for number in range(self.times):
                try:
                    Path(self.folder, str(number)).touch(exist_ok=False)
                except FileExistsError:
                    continue
                os.kill(os.getpid(), self.signalled)
        return timeless(results)


class FailsAt:
    """Raises for points in one format."""

    def __init__(self, format, error):
        self.format, self.error = format, error

    def __call__(self, results):
        if results[0].format == self.format:
            raise self.error
        return timeless(results)
