"""Run a sweep: tasks on an executor, results handed on as they finish."""

import logging
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from contextlib import closing
from typing import Final, NamedTuple

from sparsesim.limits import budget_bytes, memory_budget
from sparsesim.results import Result
from sparsesim.studies.grid import resolved
from sparsesim.studies.networks import run_task
from sparsesim.studies.result_log import ResultLog
from sparsesim.studies.sweep import Sweep, load_sweep
from sparsesim.studies.task import Grid, Task
from sparsesim.studies.workers import lost, uninterrupted, worker_processes
from sparsesim.yaml_file import Given

LOG: Final = logging.getLogger(__name__)


def run_sweep(sweep: Given | Sweep | Grid, executor: Executor | None = None) -> Generator[tuple[int, list[Result]]]:
    """(number of the task, its results) as tasks finish; `in_order` puts them back into the sweep's order.

    `sweep` is a name, a path, a mapping, or a sweep or its grid. Largest networks start first.
    `executor` may be any `concurrent.futures.Executor`, such as the one of a Dask
    cluster. Without one the tasks run on all cores of this machine, or in this process if there is only one task
    or core; those that still run are killed where the caller stops, by closing the generator, Ctrl-C or any error.
    Faults of the description are raised as InputError before anything runs, see `resolved`.

    >>> import sparsesim as ss
    >>> grid = {"name": "tiny", "networks": ["digits-cnn"], "pruners": ["2:4"], "formats": ["dense", "nm-2:4"]}
    >>> for task, results in ss.run_sweep(grid | {"machines": ["a100-pcie"]}):
    ...     print(task, [(result.layer, result.format) for result in results[:2]])
    0 [('conv1', 'dense'), ('conv1', 'nm-2:4')]
    """
    grid = sweep if isinstance(sweep, Grid) else resolved(load_sweep(sweep))
    yield from _run(grid.name, grid.tasks, executor)


def _run(name: str, asked: Sequence[Task], executor: Executor | None = None) -> Generator[tuple[int, list[Result]]]:
    tasks = sorted(enumerate(asked), key=lambda task: -task[1].network.n_params)
    if executor is not None:
        yield from _finished(executor, tasks)
        return
    workers = min(os.cpu_count() or 1, len(tasks))
    LOG.debug("%s: %d tasks on %d cores", name, len(tasks), workers)
    if workers == 1:
        yield from ((number, run_task(task)) for number, task in tasks)
        return
    with worker_processes(workers) as processes:
        yield from _finished(processes, tasks, workers)


def _finished(
    executor: Executor, tasks: Sequence[tuple[int, Task]], workers: int = 1
) -> Iterator[tuple[int, list[Result]]]:
    """Results as they come. Where a worker is lost, all that finished comes first, then LostWorkerError."""
    numbers, budget, broken = dict[Future[list[Result]], int](), budget_bytes(), list[BrokenExecutor]()
    with uninterrupted():
        try:
            for number, task in tasks:
                numbers[executor.submit(_run_within, budget, task)] = number
        except BrokenExecutor as error:
            broken.append(error)
    left = dict(tasks)
    for future in as_completed(numbers):
        try:
            results = future.result()
        except BrokenExecutor as error:
            broken.append(error)
            continue
        del left[numbers[future]]
        yield numbers[future], results
    if left:
        raise lost(broken[0], [task.in_words for task in left.values()], workers)


def _run_within(budget: int, task: Task) -> list[Result]:
    """`run_task` in a process that does not know what the one that asks allows."""
    with memory_budget(budget):
        return run_task(task)


class Finished(NamedTuple):
    """All results of a grid in order: those of its points, and of the references that these are compared with."""

    points: list[Result]
    references: list[Result]


def run_logged(
    grid: Grid, log: ResultLog | None = None, progress: Callable[[int], None] = lambda points: None
) -> Finished:
    """All results of a grid in order; the log gets those of its points as they finish.

    `progress` is called with the number of points of every task that finished.
    """
    asked, points, references = [*grid.tasks, *grid.references], [], []
    with closing(_run(grid.name, asked)) as tasks:
        for number, results in tasks:
            LOG.debug("%s: %s", asked[number].in_words, _took(results))
            if number >= len(grid.tasks):
                references.append((number, results))
                continue
            points.append((number, results))
            if log:
                log.append(results)
            progress(len(asked[number].points))
    return Finished(in_order(points), in_order(references))


def _took(results: list[Result]) -> str:
    return f"{len(results)} products simulated in {sum(result.simulation_seconds for result in results):.2f} s"


def in_order(finished: Iterable[tuple[int, list[Result]]]) -> list[Result]:
    """All results in the order of the sweep, however the tasks finished."""
    return [result for _, results in sorted(finished, key=lambda task: task[0]) for result in results]
