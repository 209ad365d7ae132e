"""Tasks in worker processes: what these are allowed, and what is left when one is lost."""

import os
import pickle
import signal
import time
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

import sparsesim as ss
from sparsesim.errors import FaultsError, InputError, PatternError, UnknownNameError
from sparsesim.limits import budget_bytes
from sparsesim.studies import Grid, resolved, run_sweep
from sparsesim.studies.sweep import Sweep
from sparsesim.studies.workers import lost
from sparsesim.worker import LostWorkerError

NETWORK = SimpleNamespace(n_params=1)


@dataclass(frozen=True)
class MadeUp:
    """A task that stops where it is first asked for its points."""

    name: str = "made up"
    flag: str = ""
    network = NETWORK
    method = None
    machines = ()
    tables = (None,)

    @property
    def in_words(self):
        return self.name

    @property
    def points(self):
        if self.name == "dies":
            until = time.monotonic() + 60
            while not Path(self.flag).exists() and time.monotonic() < until:
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGKILL)
        raise InputError(f"in {os.getpid()} it is {budget_bytes()}")


def test_workers_keep_to_the_memory_of_whoever_asks():
    """Also when they are used again."""
    for size_bytes in (123_456, 654_321):
        with ss.memory_budget(size_bytes), pytest.raises(InputError) as caught:
            list(run_sweep(Grid("asking", (MadeUp(), MadeUp()), {})))
        assert str(caught.value).endswith(f" it is {size_bytes}")
        if (os.cpu_count() or 1) > 1:
            assert not str(caught.value).startswith(f"in {os.getpid()} ")


@pytest.mark.skipif((os.cpu_count() or 1) == 1, reason="all runs in one process")
def test_what_finished_is_kept_when_a_worker_is_lost(tmp_path):
    point = {"name": "one", "networks": ["digits-cnn"], "pruners": ["none"], "formats": ["dense"]}
    (real,) = resolved(Sweep.model_validate(point | {"machines": ["core-i7-5930k"]})).tasks
    tasks = (MadeUp("dies", str(tmp_path / "flag")), real)
    came = []
    with pytest.raises(LostWorkerError) as caught:
        came.extend(touching(tmp_path / "flag", run_sweep(Grid("dying", tasks, {}))))
    assert [(number, len(results)) for number, results in came] == [(1, 4)]
    assert str(caught.value) == "a worker process was killed, probably as memory ran out, while it computed dies"


def touching(flag, results):
    for result in results:
        yield result
        flag.touch()


class Breaks(Executor):
    """The first so many tasks lose their worker, the rest are done."""

    def __init__(self, broken):
        self.broken = broken

    def submit(self, function, *arguments):
        future = Future()
        if self.broken:
            self.broken -= 1
            future.set_exception(BrokenExecutor("gone"))
        else:
            future.set_result([])
        return future


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_results_come_before_the_error(broken):
    """In whatever order they are looked at."""
    grid = Grid("breaking", tuple(MadeUp(name) for name in ("one", "two", "three")), {})
    came = []
    with pytest.raises(LostWorkerError, match=r"while it computed one$"):
        came.extend(number for number, _ in run_sweep(grid, Breaks(broken)))
    assert sorted(came) == list(range(broken, 3))


class BreaksAt(Executor):
    """Takes so many tasks, which lose their workers, and no more."""

    def __init__(self, taken):
        self.taken = taken

    def submit(self, function, *arguments):
        if not self.taken:
            raise BrokenExecutor("gone")
        self.taken -= 1
        future = Future()
        future.set_exception(BrokenExecutor("gone"))
        return future


@pytest.mark.parametrize("taken", [0, 1])
def test_a_worker_may_be_lost_while_tasks_are_handed_over(taken):
    with pytest.raises(LostWorkerError, match=r"while it computed one$"):
        list(run_sweep(Grid("breaking", (MadeUp("one"), MadeUp("two")), {}), BreaksAt(taken)))


@pytest.mark.parametrize(
    ("codes", "cause"),
    [
        ("The exit codes of the workers are {SIGKILL(-9)}", "probably as memory ran out"),
        ("The exit codes of the workers are {SIGSEGV(-11)}", "by SIGSEGV"),
        ("", "probably as memory ran out"),
    ],
)
def test_the_cause_is_told(codes, cause):
    error = lost(BrokenExecutor(f"A worker process ended.\n{codes}"), ["one", "two"], 2)
    assert str(error) == f"a worker process was killed, {cause}, while it computed one or two"


@pytest.mark.parametrize(
    ("workers", "told"), [(1, "a"), (3, "a or b or c"), (4, "a or b or c or 1 more"), (9, "a or b or c or 3 more")]
)
def test_only_what_workers_can_have_been_on_is_told(workers, told):
    assert str(lost(BrokenExecutor(), list("abcdef"), workers)).endswith(f" while it computed {told}")


def test_a_result_that_cannot_be_handed_over_is_not_called_a_lost_worker():
    error = BrokenExecutor("A result has failed to un-serialize")
    error.__cause__ = ValueError("why")
    assert lost(error, ["one"], 1) is error


@pytest.mark.parametrize(
    "error", [InputError("a"), PatternError("b"), FaultsError(["c", "d"]), UnknownNameError("unit", "e", ["ee"])]
)
def test_errors_come_from_a_worker_as_they_are(error):
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))
