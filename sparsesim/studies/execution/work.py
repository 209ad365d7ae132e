"""What a worker does with a piece: prepare the network, simulate its points, hand back what is asked for."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from threading import Lock
from typing import Any, Final, NamedTuple

from sparsesim.errors import SparsesimError
from sparsesim.results import Result
from sparsesim.studies.evaluation import (
    Prepared,
    Weights,
    evaluated,
    named_by_weights,
    prepared_layers,
    simulators,
    total,
)
from sparsesim.studies.execution.pieces import Piece, Share
from sparsesim.studies.task import Point, Task

Finish = Callable[[list[Result]], Any]
"""What becomes of the results of a point where they were computed, such as `list` or the record of a store."""

MOST_KEPT: Final = 2
"""Prepared networks that a worker keeps: the one it is at, and the next one, which other workers have begun."""


class Failure(NamedTuple):
    """Why a point has no results, in a line."""

    error: str


class Part(NamedTuple):
    """Some layers of a point: their results, and their weights."""

    results: list[Result]
    weights: Weights


class Done(NamedTuple):
    """What became of the points of a share, in their order: what they were finished to, a `Part` or a `Failure`."""

    share: Share
    found: list[Any]


class Bench:
    """The tasks of a grid in a worker, with the networks that it prepared last."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks
        self._prepared: OrderedDict[int, list[Prepared]] = OrderedDict()
        self._lock = Lock()  # of a process whose threads work on pieces each

    def work(self, piece: Piece, finish: Finish, *, failing: bool) -> list[Done]:
        """All shares of a piece. Where `failing`, an error becomes the `Failure` of the points that have it."""
        return [Done(share, self._found(share, finish, failing)) for share in piece]

    def _found(self, share: Share, finish: Finish, failing: bool) -> list[Any]:
        task = self._tasks[share.task]
        points = [task.points[place] for place in share.points]
        if not failing:
            return self._evaluated(share, task, points, finish)
        try:
            return self._evaluated(share, task, points, finish)
        except Exception as error:
            if len(points) == 1:
                return [Failure(_line(error))]
        # Whose fault it is, is found out one by one.
        return [self._found(share._replace(points=(place,)), finish, failing)[0] for place in share.points]

    def _evaluated(self, share: Share, task: Task, points: Sequence[Point], finish: Finish) -> list[Any]:
        simulator, found = simulators(task), list[list[Result]]()
        weights = []
        # map lets go of a layer before it asks for the next, as a loop would not.
        for layer in map(partial(evaluated, task, points, simulator=simulator), self._layers(share, task)):
            found.append(layer.results)
            weights.append(layer.weights)
        by_point = [[results[place] for results in found] for place in range(len(points))]
        if share.layers is not None:
            return [Part(results, total(weights)) for results in by_point]
        return finished(task, by_point, total(weights), finish)

    def _layers(self, share: Share, task: Task) -> Iterable[Prepared]:
        if not share.keep:
            return prepared_layers(task, slice(*(share.layers or (None,))))
        with self._lock:
            if share.task not in self._prepared:
                while len(self._prepared) >= MOST_KEPT:
                    self._prepared.popitem(last=False)
                self._prepared[share.task] = list(prepared_layers(task))
            self._prepared.move_to_end(share.task)
            return self._prepared[share.task]


def finished(task: Task, by_point: Iterable[list[Result]], weights: Weights, finish: Finish) -> list[Any]:
    """What the results of whole points are finished to."""
    return [finish(named_by_weights(task, results, weights)) for results in by_point]


class Assembly:
    """Points whose layers were simulated in several pieces, until all of them are there."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks
        self._parts: dict[tuple[int, int], dict[int, Part | Failure | None]] = {}

    def whole(self, done: Done, finish: Finish, *, failing: bool) -> Iterator[tuple[int, int, Any]]:
        """(task, point, what it was finished to) of each point that is complete with this share."""
        share, task = done.share, self._tasks[done.share.task]
        for place, found in zip(done.share.points, done.found, strict=True):
            if share.layers is None:
                yield share.task, place, found
                continue
            parts = self._parts.setdefault((share.task, place), {})
            first, stop = share.layers
            parts |= dict.fromkeys(range(first, stop), None) | {first: found}
            if len(parts) == len(task.network.layers):
                del self._parts[share.task, place]
                yield share.task, place, _assembled(task, [parts[layer] for layer in sorted(parts)], finish, failing)


def _assembled(task: Task, parts: Sequence[Part | Failure | None], finish: Finish, failing: bool) -> Any:
    known = [part for part in parts if part is not None]
    failures = [part for part in known if isinstance(part, Failure)]
    if failures:
        return failures[0]
    own = [part for part in known if isinstance(part, Part)]
    results = [result for part in own for result in part.results]
    try:
        return finished(task, [results], total(part.weights for part in own), finish)[0]
    except Exception as error:
        if failing:
            return Failure(_line(error))
        raise


def _line(error: Exception) -> str:
    told = " ".join(str(error).split())
    if isinstance(error, SparsesimError):
        return told
    return f"{type(error).__name__}: {told}" if told else type(error).__name__
