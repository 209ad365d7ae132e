"""Where pieces are worked on: in this process, on all cores of this machine, on a Dask cluster, or on any executor."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, TypeVar

from sparsesim.errors import InputError
from sparsesim.studies.execution.shipping import Here, Shipment, on_disk, packed
from sparsesim.studies.task import Task
from sparsesim.studies.workers import worker_processes

T = TypeVar("T")


class Crew(NamedTuple):
    """Workers for one grid.

    Attributes:
        executor: what takes the pieces.
        shipment: what a piece is sent with.
        workers: how many there are, as far as that is known.
    """

    executor: Executor
    shipment: Shipment
    workers: int


CrewOf = Callable[[Sequence[Task]], AbstractContextManager[Crew]]
"""Workers for these tasks; entered again after a worker was lost, where the executor does not replace it itself."""


class InProcess(Executor):
    """Does everything at once, where it is asked for: nothing is pickled, a debugger stops where the fault is."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """A future that is done."""
        future = Future[T]()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def in_process(tasks: Sequence[Task]) -> Iterator[Crew]:
    """This process alone."""
    yield Crew(InProcess(), Here(tasks), 1)


def processes(workers: int) -> CrewOf:
    """So many processes of this machine."""

    @contextmanager
    def crew(tasks: Sequence[Task]) -> Iterator[Crew]:
        with on_disk(tasks) as shipment, worker_processes(workers) as executor:
            yield Crew(executor, shipment, workers)

    return crew


def given(executor: Executor) -> CrewOf:
    """An executor of the caller: the tasks travel as bytes, since nobody knows where its workers are."""

    @contextmanager
    def crew(tasks: Sequence[Task]) -> Iterator[Crew]:
        if isinstance(executor, InProcess):
            yield Crew(executor, Here(tasks), 1)
            return
        yield Crew(executor, packed(tasks), getattr(executor, "_max_workers", None) or os.cpu_count() or 1)

    return crew


def all_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_workers(workers: int) -> None:
    """InputError for anything but a number of processes."""
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 1024:
        raise InputError(f"workers: {workers!r}: a whole number from 1 to 1024 is needed")
