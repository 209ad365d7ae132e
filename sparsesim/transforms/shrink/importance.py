"""How much a unit of a group matters: a norm of its weights wherever they occur, brought together."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.array_types import IntArray
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.pruning import criterion_by_name
from sparsesim.transforms.shrink.groups import Group, Member
from sparsesim.transforms.shrink.walk import Walk

Scores = NDArray[np.float64]

AGGREGATIONS: dict[str, Callable[[Scores], Scores]] = {
    "sum": lambda scores: np.asarray(scores.sum(axis=0)),
    "mean": lambda scores: np.asarray(scores.mean(axis=0)),
    "max": lambda scores: np.asarray(scores.max(axis=0)),
    "product": lambda scores: np.asarray(np.log(np.maximum(scores, np.finfo(np.float64).tiny)).sum(axis=0)),
    "last": lambda scores: scores[-1],
}
"""How the scores [members, units] of a unit in all its layers become one.

As in LLM-Pruner (Ma et al., NeurIPS 2023): summation, production (of which the logarithm is taken), max, and last
only. `sum` with `l1` counts every coupled weight once, as an element; a norm such as `l2` sees a row or column as one
vector.
"""


def unit_scores(walk: Walk, group: Group, importance: str = "l1", aggregation: str = "sum") -> Scores:
    """One score per unit, float64[n_units], over the weights of layers; biases and normalisation do not count.

    `importance` is `l1` (sum of |w| of a row or column), `l2` or `magnitude` (mean of |w|), as in pruning.CRITERIA.
    A group of constants without layers is scored by those. Raises UnknownNameError.
    """
    if not criterion_by_name(importance).weight_only:
        raise InputError(f"importance {importance!r} needs more than the weights; take magnitude, l1 or l2")
    if aggregation not in AGGREGATIONS:
        raise UnknownNameError("aggregation", aggregation, AGGREGATIONS)
    weights = [member for member in group.members if member.role != "vector"] or list(group.members)
    scores = [_member_scores(walk, member, group.n_units, importance) for member in weights]
    return AGGREGATIONS[aggregation](np.array(scores))


def _member_scores(walk: Walk, member: Member, n_units: int, importance: str) -> Scores:
    """The criterion over all weights at the positions of each unit."""
    values = np.moveaxis(np.asarray(walk.graph.constant(member.tensor)), member.axis, 0)
    rows = values.reshape(len(values), -1)[member.positions]
    return rows_scores(rows, member.units, n_units, importance)


def rows_scores(rows: NDArray[Any], units: IntArray, n_units: int, importance: str) -> Scores:
    """The criterion over the rows [n, columns] of each unit; `units` int64[n] says whose they are."""
    criterion = criterion_by_name(importance)
    by_row = (np.abs(rows, dtype=np.float64) ** criterion.power).sum(axis=1)
    sums = np.bincount(units, by_row, minlength=n_units).astype(np.float64)
    if criterion.mean:
        sums = sums / (np.bincount(units, minlength=n_units) * rows.shape[1])
    return np.sqrt(sums) if criterion.power == 2 else sums ** (1 / criterion.power)
