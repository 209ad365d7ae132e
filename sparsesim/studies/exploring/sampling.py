"""The sampler: Optuna's, seeded anew for every trial, and never twice the same candidate.

A trial is drawn from the seed and the number of those before it alone, so that a search that was interrupted goes on as
if it had not been.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any, Final, NamedTuple

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import BaseSampler, NSGAIISampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from sparsesim.studies.exploring.description import SamplerEntry
from sparsesim.studies.exploring.space import MOST_LISTED, Choice, Space

ATTEMPTS: Final = 4
"""So often the sampler is asked before a candidate that it knows already is replaced."""
DRAWS: Final = 64
"""Candidates that are drawn at random before all are listed."""
STARTUP: Final = 16
"""Trials before TPE begins to learn."""
NEAR: Final = 0.5
"""Share of trials that are a few steps from the best so far: samplers that learn from all trials seldom look there."""
MOST_STEPS: Final = 3
"""Axes that such a trial changes."""


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """The numbers of values on every axis: rising where neighbours are alike, else names."""
    found: dict[str, BaseDistribution] = {}
    for axis in space.axes:
        last = len(axis.values) - 1
        found[axis.name] = IntDistribution(0, last) if axis.ordered else CategoricalDistribution(range(last + 1))
    return found


class Known(NamedTuple):
    """What a sampler knows before it draws a trial.

    Attributes:
        space: what there is.
        objectives: how many there are.
        seen: candidates that were tried, or are being tried.
        best: those that trials may be near to.
        allowed: whether a candidate keeps the constraints that can be told without computing it.
        number: of trials before this one.
        alone: whether no other trial is under way.
    """

    space: Space
    objectives: int
    seen: Set[Choice]
    best: Sequence[Choice]
    allowed: Callable[[Choice], bool]
    number: int
    alone: bool


class UnseenSampler(BaseSampler):
    """Asks another sampler for a candidate that nobody tried; half of the time it draws one near the best instead."""

    def __init__(self, entry: SamplerEntry, known: Known) -> None:
        self._known = known
        self._random = np.random.default_rng([entry.seed, known.number])
        seed = int(self._random.integers(2**31))
        if entry.kind == "nsga2" or (entry.kind == "auto" and known.objectives > 1):
            self._inner: BaseSampler = NSGAIISampler(population_size=entry.population, seed=seed)
        else:
            self._inner = TPESampler(
                n_startup_trials=STARTUP, multivariate=True, seed=seed, constant_liar=not known.alone
            )
        self._distributions = distributions(known.space)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All axes: a trial is drawn as a whole."""
        return self._distributions

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: Any) -> dict[str, Any]:
        """A whole candidate, the number of its value on every axis."""
        drawn = self._drawn(study, trial)  # in any case: the sampler counts the trial
        if "fixed_params" in trial.system_attrs:
            return drawn
        if self._known.best and self._random.random() < NEAR:
            for _ in range(ATTEMPTS):
                near = self._near()
                if self._is_new(near):
                    return dict(zip(self._distributions, near, strict=True))
        for _ in range(ATTEMPTS):
            if self._is_new(tuple(drawn.values())):
                return drawn
            drawn = self._drawn(study, trial)
        return dict(zip(self._distributions, self._another(), strict=True))

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any) -> Any:
        """One axis alone, as the sampler does that is asked."""
        return self._inner.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Told to the sampler that is asked."""
        self._inner.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Told to the sampler that is asked."""
        self._inner.after_trial(study, trial, state, values)

    def _is_new(self, choice: Choice) -> bool:
        return choice not in self._known.seen and self._known.allowed(choice)

    def _drawn(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        known: Mapping[str, Any] = self._inner.sample_relative(
            study, trial, self._inner.infer_relative_search_space(study, trial)
        )
        return {
            name: known[name] if name in known else self._inner.sample_independent(study, trial, name, distribution)
            for name, distribution in self._distributions.items()
        }

    def _near(self) -> Choice:
        """One of the best after a few steps to neighbours."""
        choice = self._known.best[int(self._random.integers(len(self._known.best)))]
        for _ in range(int(self._random.integers(1, MOST_STEPS + 1))):
            others = list(self._known.space.neighbours(choice))
            choice = others[int(self._random.integers(len(others)))]
        return choice

    def _another(self) -> Choice:
        """A candidate that nobody tried: drawn at random, else out of a list of all."""
        sizes = [len(axis.values) for axis in self._known.space.axes]
        for _ in range(DRAWS):
            drawn = tuple(map(int, self._random.integers(sizes)))
            if self._is_new(drawn):
                return drawn
        if self._known.space.size <= MOST_LISTED:
            left = [choice for choice in self._known.space.every() if self._is_new(choice)]
            if left:
                return left[int(self._random.integers(len(left)))]
        raise ExhaustedError


class ExhaustedError(Exception):
    """Every candidate was tried that is allowed, as far as drawing and listing tell."""
