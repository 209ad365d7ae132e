"""Run a sweep: results handed on as tasks finish."""

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from typing import NamedTuple

from sparsesim.results import Result
from sparsesim.studies.execution import all_cores, crew_for, executed, given
from sparsesim.studies.sweeps.grid import resolved
from sparsesim.studies.sweeps.sweep import Sweep, load_sweep
from sparsesim.studies.task import Grid, Task
from sparsesim.yaml_file import Given


def run_sweep(sweep: Given | Sweep | Grid, executor: Executor | None = None) -> Generator[tuple[int, list[Result]]]:
    """(number of the task, its results) as tasks finish; `in_order` puts them back into the sweep's order.

    `sweep` is a name, a path, a mapping, or a sweep or its grid. Largest networks start first.
    `executor` may be any `concurrent.futures.Executor`, such as `InProcess` or the one of a Dask
    cluster. Without one the tasks run on as many cores of this machine as they are worth; those that still run are
    killed where the caller stops, by closing the generator, Ctrl-C or any error.
    Faults of the description are raised as InputError before anything runs, see `resolved`.

    >>> import sparsesim as ss
    >>> grid = {"name": "tiny", "networks": ["digits-cnn"], "pruners": ["2:4"], "formats": ["dense", "nm-2:4"]}
    >>> for task, results in ss.run_sweep(grid | {"machines": ["a100-pcie"]}):
    ...     print(task, [(result.layer, result.format) for result in results[:2]])
    0 [('conv1', 'dense'), ('conv1', 'nm-2:4')]
    """
    grid = sweep if isinstance(sweep, Grid) else resolved(load_sweep(sweep))
    yield from _run(grid.tasks, executor)


def _run(tasks: Sequence[Task], executor: Executor | None = None) -> Generator[tuple[int, list[Result]]]:
    wanted = {number: range(len(task.points)) for number, task in enumerate(tasks)}
    crew = crew_for(tasks, wanted, all_cores()) if executor is None else given(executor)
    under_way: dict[int, dict[int, list[Result]]] = {}
    for number, point, results in executed(tasks, wanted, crew, list, failing=False):
        known = under_way.setdefault(number, {})
        known[point] = results
        if len(known) == len(tasks[number].points):
            del under_way[number]
            yield number, _by_layer([known[place] for place in range(len(known))])


def _by_layer(points: Sequence[Sequence[Result]]) -> list[Result]:
    """The results of all points, layer after layer."""
    return [result for layer in zip(*points, strict=True) for result in layer]


class Finished(NamedTuple):
    """All results of a grid in order: those of its points, and of the references that these are compared with."""

    points: list[Result]
    references: list[Result]


def run_grid(grid: Grid, progress: Callable[[int], None] = lambda points: None) -> Finished:
    """All results of a grid in order, kept in memory.

    `progress` is called with the number of points of every task that finished.
    """
    asked, points, references = [*grid.tasks, *grid.references], [], []
    with closing(_run(asked)) as tasks:
        for number, results in tasks:
            if number >= len(grid.tasks):
                references.append((number, results))
                continue
            points.append((number, results))
            progress(len(asked[number].points))
    return Finished(in_order(points), in_order(references))


def in_order(finished: Iterable[tuple[int, list[Result]]]) -> list[Result]:
    """All results in the order of the sweep, however the tasks finished."""
    return [result for _, results in sorted(finished, key=lambda task: task[0]) for result in results]
