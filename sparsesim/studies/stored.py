"""Sweeps into a store: what is there already is not simulated again, and nothing that finished is lost."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, closing
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from sparsesim.errors import InputError
from sparsesim.results import PointRecord, point_record
from sparsesim.store import POINT_ROLE, REFERENCE_ROLE, Asked, StoreWriter, failed_record, writing
from sparsesim.studies.execution import (
    CrewOf,
    Failure,
    Found,
    all_cores,
    check_workers,
    cluster,
    crew_for,
    executed,
    given,
)
from sparsesim.studies.sweeps.grid import resolved
from sparsesim.studies.sweeps.sweep import Sweep, load_sweep
from sparsesim.studies.task import Grid, Point, Task
from sparsesim.studies.workers import uninterrupted
from sparsesim.yaml_file import Given

LOG: Final = logging.getLogger(__name__)

COMMIT_S: Final = 1.0
"""How long finished points wait for others to be written with: at most so much is lost with the whole machine."""
MOST_WAITING: Final = 5_000
"""Points that are written together at most."""


class Progress(NamedTuple):
    """What became of some points."""

    done: int
    failed: int
    refused: int


Tell = Callable[[Progress], None]


def asked_of(grid: Grid) -> list[Asked]:
    """Every point of a grid in order, and after them those of its references."""
    roles = chain(((POINT_ROLE, task) for task in grid.tasks), ((REFERENCE_ROLE, task) for task in grid.references))
    return [_asked(role, task, point) for role, task in roles for point in task.points]


def stored(grid: Grid, path: str | Path) -> AbstractContextManager[StoreWriter]:
    """The store of a grid, to be written by this process alone."""
    return writing(path, grid.name, {}, grid.baseline, asked_of(grid))


def fill(
    grid: Grid,
    store: StoreWriter,
    crew: CrewOf | None = None,
    *,
    workers: int | None = None,
    retry: bool = False,
    tell: Tell = lambda progress: None,
) -> int:
    """Simulate what a store lacks of a grid, and how many points that were.

    `crew` does the work; None for so many processes as it is worth, at most `workers` (None: one a core). A point that
    fails is kept with its error; those of earlier runs are tried again on `retry` alone.
    """
    tasks = [*grid.tasks, *grid.references]
    wanted = missing(tasks, store.finished(failed=not retry))
    chosen = crew or crew_for(tasks, wanted, workers or all_cores())
    waiting, written, number = list[PointRecord](), monotonic(), 0
    try:
        with closing(executed(tasks, wanted, chosen, point_record, failing=True)) as found:
            for each in found:
                record = _record(tasks, each)
                waiting.append(record)
                number += 1
                tell(_progress(record))
                if monotonic() - written >= COMMIT_S or len(waiting) >= MOST_WAITING:
                    _commit(store, waiting)
                    written = monotonic()
    finally:
        _commit(store, waiting)
    return number


def missing(tasks: Sequence[Task], finished: set[str]) -> dict[int, list[int]]:
    """Places of the points of each task that are not finished, each identity once."""
    known, wanted = set(finished), dict[int, list[int]]()
    for number, task in enumerate(tasks):
        for place, point in enumerate(task.points):
            if point.hash not in known:
                known.add(point.hash)
                wanted.setdefault(number, []).append(place)
    return wanted


def fill_store(
    sweep: Given | Sweep | Grid,
    path: str | Path,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    scheduler: str | None = None,
    retry: bool = False,
) -> int:
    """Simulate what a store lacks of a sweep, and how many points that were; `load_results` reads it.

    The unpruned networks that points are compared with are points, too.

    Args:
        sweep: name, path, mapping, or a sweep or its grid.
        path: of the store, made where it is missing.
        workers: processes on this machine, 1 for this process alone; by default as many as the work is worth, at most
            one a core.
        executor: any `concurrent.futures.Executor` instead.
        scheduler: address of a Dask scheduler instead, such as "tcp://10.0.0.1:8786".
        retry: try points again that failed.

    Running again goes on where the last run ended, however that was. Raises InputError before any work for faults of
    the sweep, for a file that is no store, for one that another process writes, and for a scheduler that does not
    answer.

    >>> import sparsesim as ss, tempfile
    >>> tiny = {"name": "tiny", "networks": ["digits-cnn"], "pruners": ["2:4"], "formats": ["dense", "nm-2:4"]}
    >>> tiny["energy_table"] = "own"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ss.fill_store(tiny | {"machines": ["a100-pcie"]}, f"{folder}/tiny.db")
    ...     ss.fill_store(tiny | {"machines": ["a100-pcie", "t4"]}, f"{folder}/tiny.db")
    ...     len(ss.load_results(f"{folder}/tiny.db"))
    3
    3
    4
    """
    if sum(each is not None for each in (workers, executor, scheduler)) > 1:
        raise InputError("workers, executor and scheduler: one of them says where the work is done")
    if workers is not None:
        check_workers(workers)
    grid = sweep if isinstance(sweep, Grid) else resolved(load_sweep(sweep))
    crew = given(executor) if executor is not None else cluster(scheduler) if scheduler is not None else None
    with stored(grid, path) as store:
        return fill(grid, store, crew, workers=workers, retry=retry)


def _asked(role: str, task: Task, point: Point) -> Asked:
    labels, machine = task.labels(point), task.machines[point.machine].name
    return Asked(point.hash, role, labels.network, labels.pruner, labels.sparsity, point.format, machine, point.axes)


def _record(tasks: Sequence[Task], found: Found) -> PointRecord:
    if not isinstance(found.found, Failure):
        record: PointRecord = found.found
        return record
    task = tasks[found.task]
    return failed_record(_asked(POINT_ROLE, task, task.points[found.point]), found.found.error)


def _progress(record: PointRecord) -> Progress:
    status = record.row["status"]
    return Progress(1, int(status == "failed"), int(status == "refused"))


def _commit(store: StoreWriter, waiting: list[PointRecord]) -> None:
    if waiting:
        with uninterrupted():
            store.add(waiting)
            waiting.clear()
