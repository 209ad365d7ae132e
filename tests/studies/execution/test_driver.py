"""The same results wherever the work is done, and what is left where some of it fails."""

import os
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.limits import budget_bytes
from sparsesim.studies.execution import Failure, InProcess, driver, executed, given, in_process, pieces
from sparsesim.studies.execution.executors import processes
from sparsesim.studies.networks import run_task
from sparsesim.transforms import prune_network
from sparsesim.worker import LostWorkerError
from tests.studies.execution.made_up import DiesAt, FailsAt, every, small, timeless

TASKS = small()
TWO = processes(2)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """A piece for every machine of a task."""
    monkeypatch.setattr(pieces, "LEAST_COST", 10)
    monkeypatch.setattr(pieces, "MOST_COST", 10)


def found(crew, finish=timeless, tasks=TASKS, *, failing=True):
    return {(one.task, one.point): one.found for one in executed(tasks, every(tasks), crew, finish, failing=failing)}


@pytest.fixture(scope="module")
def expected():
    return found(in_process)


def test_points_are_as_those_of_one_task_after_the_other(expected):
    for number, task in enumerate(TASKS):
        points = [expected[number, place] for place in range(len(task.points))]
        assert [result for layer in zip(*points, strict=True) for result in layer] == timeless(run_task(task))


@pytest.mark.parametrize("crew", [TWO, given(ThreadPoolExecutor(2)), given(InProcess())])
def test_results_are_equal_wherever_they_are_computed(expected, crew):
    assert found(crew) == expected


def test_layers_in_pieces_give_the_same_points(expected, monkeypatch):
    """Also the pruner and sparsity that only all weights tell."""
    monkeypatch.setattr(pieces, "MOST_COST", 1)
    monkeypatch.setattr(pieces, "LEAST_COST", 1)
    monkeypatch.setattr(pieces, "MOST_KEPT_WEIGHTS", 0)
    assert found(given(ThreadPoolExecutor(2))) == expected
    (task,) = small(pruners=["none"], formats=["csr"], machines=["titan-x"])
    pruned = [replace(task, network=prune_network(task.network, "magnitude", 0.9))]
    (point,) = found(given(ThreadPoolExecutor(2)), tasks=pruned).values()
    assert point == timeless(run_task(pruned[0]))
    assert {(result.pruner, result.sparsity) for result in point} == {("given", 0.9)}


@pytest.mark.parametrize("crew", [in_process, TWO])
def test_the_points_that_fail_are_told_and_the_others_go_on(expected, crew):
    points = found(crew, FailsAt("csr", ValueError("a fault\nof two lines")))
    failed = {key for key, value in points.items() if isinstance(value, Failure)}
    assert failed == {key for key, results in expected.items() if results[0].format == "csr"}
    assert {points[key].error for key in failed} == {"ValueError: a fault of two lines"}
    assert all(points[key] == expected[key] for key in expected.keys() - failed)
    assert found(in_process, FailsAt("csr", InputError("csr: no")))[0, 1] == Failure("csr: no")


@pytest.mark.parametrize("crew", [in_process, TWO])
def test_or_the_first_error_is_raised(crew):
    with pytest.raises(ValueError, match="a fault"):
        found(crew, FailsAt("csr", ValueError("a fault")), failing=False)


def test_a_worker_that_is_killed_costs_nothing_but_time(expected, tmp_path, caplog):
    assert found(TWO, DiesAt(tmp_path, "csr", times=1)) == expected
    assert "a worker process was killed, probably as memory ran out, while it computed " in caplog.text
    assert caplog.text.count("that is tried again") == 1


def test_a_piece_that_kills_its_worker_again_is_given_up_and_no_other(expected, tmp_path):
    """Its neighbours are tried again, too, and are found."""
    points = found(TWO, DiesAt(tmp_path, "csr", times=10**6))
    failed = {key for key, value in points.items() if isinstance(value, Failure)}
    assert {key for key, results in expected.items() if results[0].format == "csr"} <= failed
    assert all(points[key] == expected[key] for key in expected.keys() - failed)
    assert {"a worker process was killed, probably as memory ran out" in points[key].error for key in failed} == {True}


def test_a_lost_worker_is_an_error_where_nothing_may_fail(tmp_path):
    with pytest.raises(LostWorkerError, match="killed, probably as memory ran out, while it computed digits-cnn"):
        found(TWO, DiesAt(tmp_path, "csr", times=1), failing=False)


class Breaks(Executor):
    """Takes so many pieces, which lose their workers, and no more."""

    _max_workers = 2

    def __init__(self, taken):
        self.taken = taken

    def submit(self, function, *arguments):
        if not self.taken:
            raise BrokenExecutor("gone")
        self.taken -= 1
        future = Future()
        future.set_exception(BrokenExecutor("gone"))
        return future


@pytest.mark.parametrize("taken", [0, 1, 10**6])
def test_an_executor_that_stays_broken_fails_every_point(taken):
    points = found(given(Breaks(taken)))
    assert points.keys() == found(in_process).keys()
    assert {type(value) for value in points.values()} == {Failure}
    with pytest.raises(LostWorkerError):
        found(given(Breaks(taken)), failing=False)


def test_workers_keep_to_the_memory_of_whoever_asks():
    for size_bytes in (12_345_678, 23_456_789):
        with ss.memory_budget(size_bytes):
            assert set(found(TWO, _budget).values()) == {size_bytes}


def _budget(results):
    return budget_bytes()


def test_workers_are_started_for_work_that_is_worth_it(monkeypatch):
    assert driver.crew_for(TASKS, every(TASKS), 8) is in_process
    monkeypatch.setattr(driver, "WORTH_A_WORKER", 1)
    assert driver.crew_for(TASKS, every(TASKS), 1) is in_process
    with driver.crew_for(TASKS, every(TASKS), 2)(TASKS) as crew:
        assert crew.workers == 2
        assert crew.executor.submit(os.getpid).result() != os.getpid()
