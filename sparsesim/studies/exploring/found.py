"""What a search found: its trials and their front as tables, and how uniform sparsities compare."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sparsesim.studies.exploring.front import front
from sparsesim.studies.exploring.prepared import Prepared
from sparsesim.studies.exploring.seeds import UNIFORM
from sparsesim.studies.exploring.space import Candidate
from sparsesim.studies.exploring.storing import FIGURES, ORIGIN, REFUSED

if TYPE_CHECKING:
    import pandas as pd
    from optuna.study import Study
    from optuna.trial import FrozenTrial

HELD_OUT: Final = "held out"
"""Attribute of a study: accuracies on samples that the search did not see, by number of trial."""
SEARCHED: Final = "search"
"""Origin of trials that the sampler thought of."""


@dataclass(frozen=True, eq=False)
class Explored:
    """A search with its results.

    Attributes:
        prepared: what was searched.
        study: the study of Optuna, for its own tools.
    """

    prepared: Prepared
    study: "Study"

    @cached_property
    def trials(self) -> "pd.DataFrame":
        """One row per trial that was computed, in order.

        Columns: `trial` (its number), `origin` ("search", "as given", "uniform 0.5", "sensitivity"), `state` ("front",
        "beaten", "excluded" by a constraint, "refused" by the machine), `seconds` (s), `energy_total_pj` and
        `energy_dynamic_pj` (pJ), `area_mm2` (mm2), on the samples of the search `accuracy` (in [0, 1]) and `divergence`
        (nats, see `Evaluator.divergence`), `sparsity` (share of all weights), on samples that the search did not see
        `held_out_accuracy` and `held_out_standard_error` (of the front, and of what `uniform` compares), a column per
        axis with its value, `note` (why it was refused). Columns without any value are left out.
        """
        import pandas as pd

        best = {trial.number for trial in self.front_trials}
        rows = [self._row(trial, best) for trial in self.study.get_trials(deepcopy=False) if _is_computed(trial)]
        return pd.DataFrame(rows).dropna(axis="columns", how="all")

    @property
    def front(self) -> "pd.DataFrame":
        """The rows of `trials` that keep all constraints and that nothing beats, by the first objective."""
        rows = self.trials[self.trials["state"] == "front"]
        name, way = next(iter(self.prepared.exploration.objectives.items()))
        return rows.sort_values(name, ascending=way == "minimise", kind="stable").reset_index(drop=True)

    @property
    def uniform(self) -> "pd.DataFrame":
        """Uniform sparsities that keep the constraints, each beside the fastest trial that is at least as accurate.

        Columns: `uniform` (the sparsity), `seconds`, `accuracy`, `held_out_accuracy`, `held_out_standard_error` of it;
        `found_...` the same of the trial `found_trial`; `speedup`, its time into that of the uniform one, 1 where the
        search found nothing better. Accuracies are compared on the samples of the search, and so are divergences where
        they are an objective. Without a plan it is empty.
        """
        import pandas as pd

        done = self.trials[self.trials["state"].isin(["front", "beaten"])]
        rows = [self._beside(row, done) for row in done.to_dict("records") if row["origin"].startswith(f"{UNIFORM} ")]
        return pd.DataFrame(rows)

    @cached_property
    def front_trials(self) -> "list[FrozenTrial]":
        """The trials of the front, in the order of trials."""
        return front(self.study)

    @property
    def to_hold_out(self) -> "list[FrozenTrial]":
        """Trials whose accuracy is measured again on samples that the search did not see."""
        if self.prepared.held_out is None:
            return []
        known = self.study.user_attrs.get(HELD_OUT, {})
        uniform = self.uniform
        numbers = {trial.number for trial in self.front_trials} | set(uniform.get("found_trial", ()))
        return [
            trial
            for trial in self.study.get_trials(deepcopy=False)
            if str(trial.number) not in known and FIGURES in trial.user_attrs
            if trial.number in numbers or str(trial.user_attrs.get(ORIGIN, "")).startswith(UNIFORM)
        ]

    def candidate(self, number: int) -> Candidate:
        """The configuration of a trial."""
        return self.prepared.space.candidate(self._choice(self.study.get_trials(deepcopy=False)[number]))

    def _choice(self, trial: "FrozenTrial") -> list[int]:
        return [int(trial.params[axis.name]) for axis in self.prepared.space.axes]

    def _row(self, trial: "FrozenTrial", best: Iterable[int]) -> dict[str, Any]:
        figures = dict(trial.user_attrs.get(FIGURES, {}))
        figures.pop("formats", None)
        held_out = self.study.user_attrs.get(HELD_OUT, {}).get(str(trial.number), {})
        state = "front" if trial.number in best else "beaten"
        if any(excess > 0 for excess in trial.constraints.values()):
            state = "excluded"
        names = ("seconds", "energy_total_pj", "energy_dynamic_pj", "area_mm2", "accuracy", "divergence", "sparsity")
        return {
            "trial": trial.number,
            "origin": trial.user_attrs.get(ORIGIN, SEARCHED),
            "state": "refused" if REFUSED in trial.user_attrs else state,
            **{name: figures.get(name) for name in names},
            "held_out_accuracy": held_out.get("accuracy"),
            "held_out_standard_error": held_out.get("standard_error"),
            **self.prepared.space.named(self._choice(trial)),
            "note": trial.user_attrs.get(REFUSED),
        }

    def _beside(self, row: Any, done: "pd.DataFrame") -> dict[str, Any]:
        as_good = done["accuracy"] >= row["accuracy"]
        if "divergence" in self.prepared.exploration.objectives:
            as_good &= done["divergence"] <= row["divergence"]
        better = done[as_good].sort_values(["seconds", "trial"], kind="stable").iloc[0]
        names = ("seconds", "accuracy", "held_out_accuracy", "held_out_standard_error")
        return {
            "uniform": float(row["origin"].partition(" ")[2]),
            **{name: row.get(name) for name in names},
            "found_trial": int(better["trial"]),
            **{f"found_{name}": better.get(name) for name in names},
            "speedup": row["seconds"] / better["seconds"],
        }


def _is_computed(trial: "FrozenTrial") -> bool:
    return trial.state.is_finished() and (FIGURES in trial.user_attrs or REFUSED in trial.user_attrs)
