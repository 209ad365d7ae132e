"""The front of a study: what nothing else beats."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sparsesim.studies.exploring.extra import optuna_module

LEAST = 5
"""So many trials are near to others, of a search with one objective; further ones as there are more."""

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial


def front(study: "Study") -> "list[FrozenTrial]":
    """The trials that keep all constraints and that no other one beats in every objective, in the order of trials.

    Of one objective that is the best one; of equals the first.
    """
    trials = allowed(study)
    signs = [1 if direction.name == "MINIMIZE" else -1 for direction in study.directions]
    costs = np.array([trial.values for trial in trials]).reshape(len(trials), len(signs)) * signs
    return [trial for number, trial in enumerate(trials) if not _beaten(costs, number)]


def allowed(study: "Study") -> "list[FrozenTrial]":
    """The trials that keep all constraints, in order."""
    complete = optuna_module().trial.TrialState.COMPLETE
    return [
        trial
        for trial in study.get_trials(deepcopy=False, states=(complete,))
        if all(excess <= 0 for excess in trial.constraints.values())
    ]


def _beaten(costs: NDArray[np.float64], number: int) -> bool:
    """Whether another one costs no more in anything, and less in something or as much and came before."""
    no_worse = (costs <= costs[number]).all(axis=1)
    better = (costs < costs[number]).any(axis=1)
    return bool((no_worse & better).any() or no_worse[:number].any())


def elite(study: "Study") -> "list[FrozenTrial]":
    """The trials that others may be near to: the front, or of one objective the best tenth, at least `LEAST`."""
    if len(study.directions) > 1:
        return front(study)
    kept = allowed(study)
    kept.sort(key=lambda trial: trial.values[0] if study.directions[0].name == "MINIMIZE" else -trial.values[0])
    return kept[: max(LEAST, len(kept) // 10)]
