"""How the work of a grid is cut: into pieces of about equal cost, so that in the end no core waits long for another.

Costs are in products of one small layer, which take about a millisecond. They only decide how work is cut.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from sparsesim.studies.task import Task

PIECES_PER_WORKER: Final = 16
"""The last piece to end then keeps the others waiting for at most some 6 % of the whole."""
LEAST_COST: Final = 50
"""Below it handing a piece over takes longer than a hundredth of its work."""
MOST_COST: Final = 500
"""What is lost where a worker is: half a second or so."""
WEIGHTS_PER_COST: Final = 200_000
"""Weights that take as long to prepare, or to simulate at one point, as a small layer (measured: 50 to 500 k)."""
MOST_KEPT_WEIGHTS: Final = 1 << 25
"""Weights of a prepared network that is kept for the next piece: half a gigabyte."""


class Share(NamedTuple):
    """Some points of one task.

    Attributes:
        task: its number.
        points: their places in the task.
        layers: first and last + 1 of the layers, None for all.
        keep: whether other pieces need the same layers, and they are small enough to be kept.
    """

    task: int
    points: tuple[int, ...]
    layers: tuple[int, int] | None = None
    keep: bool = False


Piece = tuple[Share, ...]
"""What one worker does in one go."""


def cut(tasks: Sequence[Task], wanted: Mapping[int, Sequence[int]], workers: int) -> list[Piece]:
    """The pieces of those points of each task that are wanted; tasks of the greatest cost first.

    Points of one machine stay together, as they share their planning. A task whose weights are too many to keep is cut
    by layers, unless its method looks at all of them: then by points, into no more pieces than there are workers.
    """
    costs = {number: cost(tasks[number], len(points)) for number, points in wanted.items() if points}
    target = min(max(sum(costs.values()) / (workers * PIECES_PER_WORKER), LEAST_COST), MOST_COST)
    pieces, small, size = list[Piece](), list[Share](), 0.0
    for number in sorted(costs, key=lambda number: (-costs[number], number)):
        if costs[number] > target and workers > 1:
            pieces += [(share,) for share in _cut_task(tasks[number], number, wanted[number], target, workers)]
            continue
        small.append(Share(number, tuple(wanted[number])))
        size += costs[number]
        if size >= target or workers == 1:
            pieces.append(tuple(small))
            small, size = [], 0.0
    return [*pieces, tuple(small)] if small else pieces


def cost(task: Task, points: int) -> float:
    """Of preparing a task and simulating so many of its points."""
    return sum(_layer_costs(task)) * (1 + points)


def _layer_costs(task: Task) -> list[float]:
    return [1 + layer.n_weights / WEIGHTS_PER_COST for layer in task.network.layers]


def _cut_task(task: Task, number: int, points: Sequence[int], target: float, workers: int) -> Iterator[Share]:
    fits = task.network.n_params <= MOST_KEPT_WEIGHTS
    if not fits and task.method.per_layer and len(task.network.layers) > 1:
        for layers in _runs([cost * (1 + len(points)) for cost in _layer_costs(task)], target):
            yield Share(number, tuple(points), layers)
        return
    whole = sum(_layer_costs(task))
    most = target if fits else max(target, whole * len(points) / workers)
    machines: dict[int, list[int]] = {}
    for place in points:
        machines.setdefault(task.points[place].machine, []).append(place)
    groups = list(machines.values())
    runs = list(_runs([whole * len(group) for group in groups], most))
    if len(runs) == 1 < len(task.network.layers) and task.method.per_layer:
        for layers in _runs([cost * len(points) for cost in _layer_costs(task)], target):
            yield Share(number, tuple(points), layers)
        return
    for first, stop in runs:
        yield Share(number, tuple(place for group in groups[first:stop] for place in group), keep=fits)


def _runs(costs: Sequence[float], most: float) -> Iterator[tuple[int, int]]:
    """Neighbours of at most this cost together, or one alone: first and last + 1 of each run."""
    first, size = 0, 0.0
    for place, cost in enumerate(costs):
        if place > first and size + cost > most:
            yield first, place
            first, size = place, 0.0
        size += cost
    yield first, len(costs)
