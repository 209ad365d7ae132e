"""Pieces on workers: a few under way at a time, and no more lost than what a lost worker was at."""

import logging
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import nullcontext
from typing import Any, Final, NamedTuple

from sparsesim.limits import budget_bytes
from sparsesim.studies.execution.cluster import is_loss
from sparsesim.studies.execution.executors import Crew, CrewOf, in_process, processes
from sparsesim.studies.execution.pieces import Piece, Share, cost, cut
from sparsesim.studies.execution.shipping import run_piece
from sparsesim.studies.execution.work import Assembly, Done, Failure, Finish
from sparsesim.studies.task import Task
from sparsesim.studies.workers import lost, uninterrupted
from sparsesim.worker import LostWorkerError

LOG: Final = logging.getLogger(__name__)

AHEAD: Final = 3
"""Pieces under way for each worker: enough that none waits for the next one."""
WORTH_A_WORKER: Final = 2_000
"""Cost for which another process is started: what it does while it starts."""


class Found(NamedTuple):
    """One point of a task, and what its results were finished to; or a `Failure`."""

    task: int
    point: int
    found: Any


class Lost(NamedTuple):
    """Pieces of which one has lost its worker, and how that was told."""

    pieces: list[Piece]
    error: BaseException


def crew_for(tasks: Sequence[Task], wanted: Mapping[int, Sequence[int]], workers: int) -> CrewOf:
    """This process, or so many processes as the work is worth."""
    worth = 1 + int(sum(cost(tasks[number], len(points)) for number, points in wanted.items()) // WORTH_A_WORKER)
    count = min(workers, worth)
    return in_process if count == 1 else processes(count)


def executed(
    tasks: Sequence[Task],
    wanted: Mapping[int, Sequence[int]],
    crew_of: CrewOf,
    finish: Finish,
    *,
    failing: bool,
) -> Generator[Found]:
    """Every wanted point of the tasks, by their numbers and places, as it is found.

    Where `failing`, an error becomes the `Failure` of its points and the others go on, also when a worker is killed:
    what it may have been at is tried again, each piece alone, and given up where that takes a worker too. Otherwise
    the first error is raised, of a lost worker LostWorkerError.
    """
    assembly, waiting, suspects = Assembly(tasks), deque[Piece](), deque[Piece]()
    begun = False
    while not begun or waiting or suspects:
        with crew_of(tasks) as crew:
            if not begun:
                waiting, begun = deque(cut(tasks, wanted, crew.workers)), True
            alone = not waiting and bool(suspects)
            queue = deque([suspects.popleft()]) if alone else waiting
            for outcome in _outcomes(queue, crew, finish, failing):
                done = outcome
                if isinstance(done, Lost):
                    error = _told(tasks, done)
                    if not failing:
                        raise error
                    if not alone:
                        LOG.warning("%s; that is tried again", error)
                        suspects += done.pieces
                        continue
                    done = [_given_up(share, str(error)) for piece in done.pieces for share in piece]
                for one in done:
                    for task, point, found in assembly.whole(one, finish, failing=failing):
                        yield Found(task, point, found)


def _outcomes(queue: deque[Piece], crew: Crew, finish: Finish, failing: bool) -> Iterator[list[Done] | Lost]:
    """What the pieces of a queue came to. Where the executor breaks, this ends, and the rest stays in the queue."""
    budget, under_way = budget_bytes(), dict[Future[list[Done]], Piece]()
    most = 1 if crew.workers == 1 else crew.workers * AHEAD
    while queue or under_way:
        # Where work is done at once, it may be interrupted.
        with uninterrupted() if crew.workers > 1 else nullcontext():
            while queue and len(under_way) < most:
                future = _submitted(crew, queue[0], finish, failing, budget)
                under_way[future] = queue.popleft()
                if future.done() and crew.workers > 1:
                    break  # it can take no more
        finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
        if any(future.cancelled() for future in finished):
            raise LostWorkerError("the workers are gone, and what they were at was cancelled")
        if any(isinstance(future.exception(), BrokenExecutor) for future in finished):
            yield from _after_the_break(queue, under_way, crew.workers)
            return
        for future in finished:
            piece, error = under_way.pop(future), future.exception()
            yield Lost([piece], error) if error is not None and is_loss(error) else future.result()


def _submitted(crew: Crew, piece: Piece, finish: Finish, failing: bool, budget: int) -> Future[list[Done]]:
    try:
        return crew.executor.submit(run_piece, crew.shipment, piece, finish, failing, budget)
    except BrokenExecutor as error:
        refused = Future[list[Done]]()
        refused.set_exception(error)
        return refused


def _after_the_break(
    queue: deque[Piece], under_way: dict[Future[list[Done]], Piece], workers: int
) -> Iterator[list[Done] | Lost]:
    """What was done before the executor broke, and what was lost with it; pieces that nobody had begun go back."""
    wait(under_way)
    broken = {future: error for future in under_way if (error := future.exception()) is not None}
    for future in under_way.keys() - broken.keys():
        yield future.result()
    for error in broken.values():
        if not isinstance(error, BrokenExecutor):
            raise error
    pieces = [piece for future, piece in under_way.items() if future in broken]
    queue.extendleft(reversed(pieces[workers:]))
    yield Lost(pieces[:workers], next(iter(broken.values())))


def _told(tasks: Sequence[Task], loss: Lost) -> Exception:
    return lost(loss.error, [_in_words(tasks, piece) for piece in loss.pieces])


def _in_words(tasks: Sequence[Task], piece: Piece) -> str:
    more = f" and {len(piece) - 1} more" if len(piece) > 1 else ""
    return f"{tasks[piece[0].task].in_words}{more}"


def _given_up(share: Share, error: str) -> Done:
    return Done(share, [Failure(error) for _ in share.points])
