"""Run a sweep: tasks on an executor, results handed on as they finish."""

import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, as_completed
from pathlib import Path

from sparsesim.lowering import Lowering
from sparsesim.results import Result
from sparsesim.studies.networks import simulate_network
from sparsesim.studies.sweep import Sweep, Task


def run_task(task: Task) -> list[Result]:
    """Prune and lower once, then simulate every layer in every format on every machine."""
    sweep = task.sweep
    return simulate_network(
        task.network.load(),
        task.pruner,
        sweep.formats,
        task.machines,
        task.table,
        Lowering(sweep.dtype, sweep.batch, sweep.activations_of(task.network)),
        sweep.engine,
    )


def run_sweep(sweep: Sweep, executor: Executor | None = None) -> Iterator[tuple[int, list[Result]]]:
    """(number of the task, its results) as tasks finish; `in_order` puts them back into the sweep's order.

    Largest networks start first. `executor` may be any `concurrent.futures.Executor`, such as the one of a Dask
    cluster. Without one the tasks run on all cores of this machine, or in this process if there is only one task
    or core.
    """
    tasks = sorted(enumerate(sweep.tasks()), key=lambda task: -task[1].network.load().n_params)
    if executor is None:
        workers = min(os.cpu_count() or 1, len(tasks))
        if workers == 1:
            yield from ((number, run_task(task)) for number, task in tasks)
            return
        from loky import get_reusable_executor

        executor = get_reusable_executor(max_workers=workers)
    numbers = {executor.submit(run_task, task): number for number, task in tasks}
    for future in as_completed(numbers):
        yield numbers[future], future.result()


def in_order(finished: Iterable[tuple[int, list[Result]]]) -> list[Result]:
    """All results in the order of the sweep, however the tasks finished."""
    return [result for _, results in sorted(finished, key=lambda task: task[0]) for result in results]


class ResultLog:
    """Appends results to a `.jsonl` file as they come, so that an interrupted run loses nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")

    def append(self, results: list[Result]) -> None:
        """Write one line per result and flush them to disk."""
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(result.flat()) + "\n" for result in results)
            file.flush()
            os.fsync(file.fileno())
