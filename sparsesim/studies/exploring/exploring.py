"""`explore`: from a description to what was found."""

from collections.abc import Callable
from pathlib import Path

from sparsesim.errors import InputError
from sparsesim.studies.exploring.description import MOST_TRIALS, Exploration, load_exploration
from sparsesim.studies.exploring.extra import optuna_module
from sparsesim.studies.exploring.found import HELD_OUT, Explored
from sparsesim.studies.exploring.prepared import prepared
from sparsesim.studies.exploring.running import Search, asking, needed
from sparsesim.studies.exploring.storing import opened
from sparsesim.yaml_file import Given

MOST_WORKERS = 256


def explore(
    exploration: Given | Exploration,
    store: Path | str | None = None,
    *,
    workers: int = 1,
    trials: int | None = None,
    seed: int | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Explored:
    """Search for configurations of a machine, or prunings of a network, that are best for something.

    Args:
        exploration: a shipped name, a path, the fields of such a file, or itself.
        store: the SQLite file that keeps the trials; a search in it goes on where it stopped, and several processes
            may work on it at once. Without one nothing is kept.
        workers: processes that compute trials; 1 computes them in this one, and then equal seeds give equal trials.
        trials: how many there are to be in all, instead of the number that the description says.
        seed: of the sampler, instead of that of the description.
        progress: called with the number of trials that are done, and of all.

    Raises InputError before any work for faults of the description, for a store that holds something else, and where
    Optuna is missing.

    >>> import sparsesim as ss
    >>> wide = {"name": "wide", "matrices": ["karate"], "formats": "csr", "machine": "sparch", "objectives": "seconds"}
    >>> wide["search"] = {"machine": {"accelerator.merge_ways": {"log2": [2, 16]}}}
    >>> found = ss.explore(wide, trials=3)
    >>> found.trials["trial"].tolist(), found.front["accelerator.merge_ways"].tolist()
    ([0, 1, 2], [8])
    """
    optuna_module()
    given = load_exploration(exploration)
    for name, value, most in (("trials", trials, MOST_TRIALS), ("workers", workers, MOST_WORKERS)):
        if value is not None and not 1 <= value <= most:
            raise InputError(f"{name}: {value}: must be at least 1 and at most {most}")
    if seed is not None:
        given = given.changed(sampler=given.sampler.model_copy(update={"seed": seed}))
    if trials is not None:
        given = given.changed(trials=trials)
    ready = prepared(given)
    path = None if store is None else Path(store)
    study = opened(ready, path)
    Search(ready, study, path, lambda done: progress(done, given.trials)).run(workers)
    found = Explored(ready, study)
    left = found.to_hold_out
    if left:
        with asking(ready, workers) as ask:
            asked = {str(trial.number): ask("on_held_out", found.candidate(trial.number)) for trial in left}
            measured = {number: needed(answer) for number, answer in asked.items()}
        study.set_user_attr(HELD_OUT, study.user_attrs.get(HELD_OUT, {}) | measured)
    return Explored(ready, study)
