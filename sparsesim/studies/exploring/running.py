"""The search itself: candidates are asked for, computed here or by worker processes, and told to the store."""

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from pickle import dumps, loads
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from sparsesim.errors import InputError, SparsesimError
from sparsesim.hardware import with_fields
from sparsesim.limits import budget_bytes, memory_budget
from sparsesim.studies.exploring.evaluating import Evaluator
from sparsesim.studies.exploring.extra import optuna_module
from sparsesim.studies.exploring.front import elite
from sparsesim.studies.exploring.prepared import Prepared
from sparsesim.studies.exploring.seeds import Seed, alone, seeds
from sparsesim.studies.exploring.space import Candidate, Choice
from sparsesim.studies.exploring.storing import (
    CHOICE,
    FIGURES,
    ORIGIN,
    OWNER,
    REFUSED,
    lost_trials,
    one_at_a_time,
    owner,
)
from sparsesim.studies.workers import lost, worker_processes

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial

LOG: Final = logging.getLogger(__name__)

Answer = tuple[Any, str]
"""What a method of an evaluator gives, or None and why."""
Ask = Callable[[str, Candidate], "Future[Answer]"]
"""Of a method by its name."""
UNPRUNED: Final = "unpruned"
"""Attribute of a study: the figures of the network without pruning on the machine as given."""
DIVERGENCES: Final = "divergences"
"""Attribute of a study: what pruning a layer alone does to the answers, as [layer, sparsity, divergence]."""


@dataclass
class Search:
    """One process at work on a study, alone or beside others.

    Attributes:
        prepared: what is searched.
        study: where trials are kept.
        store: the file that it is in, if any.
        progress: called with the number of trials that are done, whenever it changes.
    """

    prepared: Prepared
    study: "Study"
    store: Path | None = None
    progress: Callable[[int], None] = lambda done: None
    _waiting: "dict[Future[Answer], Trial]" = field(default_factory=dict)
    _areas: dict[Any, float] = field(default_factory=dict)

    def run(self, workers: int = 1) -> None:
        """Go on until there are as many trials as were asked for, or no other candidate."""
        with one_at_a_time(self.store):
            self._forget_lost()
        if self._left() <= 0 and UNPRUNED in self.study.user_attrs:
            return
        with asking(self.prepared, workers) as ask:
            try:
                self._prepare(ask)
                self._go_on(ask, workers)
            except BrokenExecutor as error:
                numbers = [f"trial {trial.number}" for trial in self._waiting.values()] or [
                    "what the search begins with"
                ]
                raise lost(error, numbers[:workers]) from error

    def _go_on(self, ask: Ask, workers: int) -> None:
        while self._left() > 0 or self._waiting:
            while self._left() > 0 and len(self._waiting) < workers and self._ask(ask):
                pass
            if not self._waiting:  # every candidate was tried
                return
            self._tell(*wait(self._waiting, return_when=FIRST_COMPLETED).done)

    def _prepare(self, ask: Ask) -> None:
        """What is known before the first trial, and what the first trials are, but for what the store has."""
        if UNPRUNED not in self.study.user_attrs:
            self.study.set_user_attr(UNPRUNED, needed(ask("figures", Candidate())))
        if DIVERGENCES not in self.study.user_attrs:
            asked = {key: ask("divergence", candidate) for key, candidate in alone(self.prepared).items()}
            self.study.set_user_attr(DIVERGENCES, [[*key, needed(answer)] for key, answer in asked.items()])
        known = {(layer, sparsity): found for layer, sparsity, found in self.study.user_attrs[DIVERGENCES]}
        first = seeds(Evaluator(self.prepared), known)
        with one_at_a_time(self.store):
            self._begin_with(first)

    def _left(self) -> int:
        """Trials that are neither done nor under way."""
        return self.prepared.exploration.trials - len(self._tried())

    def _tried(self) -> "list[FrozenTrial]":
        """Trials that are done, were refused, or are under way; here or in other processes."""
        state = optuna_module().trial.TrialState
        trials = self.study.get_trials(deepcopy=False, states=(state.COMPLETE, state.FAIL, state.RUNNING))
        return [trial for trial in trials if trial.state != state.FAIL or REFUSED in trial.user_attrs]

    def _ask(self, ask: Ask) -> bool:
        """Begin a trial; False where every candidate was tried."""
        from sparsesim.studies.exploring.sampling import ExhaustedError, Known, UnseenSampler, distributions

        with one_at_a_time(self.store):
            if self._left() <= 0:
                return False
            given, space, tried = self.prepared.exploration, self.prepared.space, self._tried()
            seen = {_choice(trial.params, space.axes) for trial in tried if len(trial.params) == len(space.axes)}
            best = [_choice(trial.params, space.axes) for trial in elite(self.study)]
            alone = all(trial.state.is_finished() for trial in tried)
            known = Known(space, len(given.objectives), seen, best, self._is_allowed, len(tried), alone)
            self.study.sampler = UnseenSampler(given.sampler, known)
            try:
                trial = self.study.ask(distributions(space))
            except ExhaustedError:
                self._forget_lost()
                return False
            trial.set_user_attr(OWNER, owner())
        choice = _choice(trial.params, space.axes)
        if choice in seen:  # a seed that two processes thought of
            self.study.tell(trial, state=optuna_module().trial.TrialState.FAIL)
            return True
        self._waiting[ask("figures", space.candidate(choice))] = trial
        return True

    def _is_allowed(self, choice: Choice) -> bool:
        """Whether the area, which is known without simulating, is within its bounds."""
        bounds = [each for each in self.prepared.exploration.bounds if each.metric == "area_mm2"]
        fields = self.prepared.space.candidate(choice).machine
        key = tuple(fields.items())
        if bounds and key not in self._areas:
            try:
                self._areas[key] = with_fields(self.prepared.machine, fields).area_mm2 or 0.0
            except InputError:  # fields that do not go together: the trial says so
                self._areas[key] = 0.0
        return all(each.excess({"area_mm2": self._areas[key]}, self._unpruned) <= 0 for each in bounds)

    @property
    def _unpruned(self) -> Mapping[str, float]:
        found: Mapping[str, float] = self.study.user_attrs[UNPRUNED]
        return found

    def _tell(self, *done: "Future[Answer]") -> None:
        state = optuna_module().trial.TrialState
        for future in done:
            figures, why = future.result()
            trial = self._waiting.pop(future)
            if figures is None:
                LOG.info("trial %d: %s", trial.number, why)
                trial.set_user_attr(REFUSED, why)
                self.study.tell(trial, state=state.FAIL)
            else:
                trial.set_user_attr(FIGURES, figures)
                for each in self.prepared.exploration.bounds:
                    trial.set_constraint(each.text, each.excess(figures, self._unpruned))
                self.study.tell(trial, [figures[name] for name in self.prepared.exploration.objectives])
            self.progress(len(self._tried()) - len(self._waiting))

    def _forget_lost(self) -> None:
        for trial in lost_trials(self.study):
            self.study.tell(trial.number, state=optuna_module().trial.TrialState.FAIL)

    def _begin_with(self, given: list[Seed]) -> None:
        state, axes = optuna_module().trial.TrialState, self.prepared.space.axes
        waiting = self.study.get_trials(deepcopy=False, states=(state.WAITING,))
        known = {_choice(trial.params, axes) for trial in self._tried() if len(trial.params) == len(axes)}
        known |= {tuple(trial.user_attrs[CHOICE]) for trial in waiting}
        for origin, choice in given:
            if choice not in known:
                fixed = dict(zip((axis.name for axis in axes), choice, strict=True))
                self.study.enqueue_trial(fixed, user_attrs={ORIGIN: origin, CHOICE: list(choice)})


def _choice(params: dict[str, Any], axes: Any) -> Choice:
    return tuple(int(params[axis.name]) for axis in axes)


@contextmanager
def asking(prepared: Prepared, workers: int) -> Iterator[Ask]:
    """What computes a candidate: this process, or so many of its own."""
    if workers == 1:
        evaluator = Evaluator(prepared)
        yield lambda method, candidate: _done(_answer(evaluator, method, candidate))
        return
    with TemporaryDirectory(prefix="sparsesim-") as folder, worker_processes(workers) as processes:
        path = Path(folder) / "prepared"
        path.write_bytes(dumps(prepared))
        yield lambda method, candidate: processes.submit(_answer_of, str(path), method, candidate, budget_bytes())


def _answer_of(path: str, method: str, candidate: Candidate, budget: int) -> Answer:
    with memory_budget(budget):
        return _answer(_evaluator(path), method, candidate)


@lru_cache(maxsize=1)
def _evaluator(path: str) -> Evaluator:
    """The evaluator of a worker, kept for the next candidate; the file is one that the parent wrote for it."""
    return Evaluator(loads(Path(path).read_bytes()))


def _answer(evaluator: Evaluator, method: str, candidate: Candidate) -> Answer:
    try:
        return getattr(evaluator, method)(candidate), ""
    except SparsesimError as error:
        return None, str(error)


def needed(future: "Future[Answer]") -> Any:
    """The answer; InputError where there is none."""
    found, why = future.result()
    if found is None:
        raise InputError(why)
    return found


def _done(answer: Answer) -> "Future[Answer]":
    future: Future[Answer] = Future()
    future.set_result(answer)
    return future
