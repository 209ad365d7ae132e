"""Searches: what they try, what they find, and when they end."""

import pandas as pd
import pytest

import sparsesim as ss
from sparsesim.studies.exploring import load_exploration
from sparsesim.studies.exploring.evaluating import Evaluator
from sparsesim.studies.exploring.front import front
from sparsesim.studies.exploring.prepared import prepared
from sparsesim.studies.exploring.running import Search

optuna = pytest.importorskip("optuna")
AXES = ["accelerator.merge_ways", "accelerator.macs_per_cycle.fp64"]


def test_equal_seeds_give_equal_trials_and_others_do_not(sizes):
    first, second = (ss.explore(sizes).trials for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert not first[AXES].equals(ss.explore(sizes, seed=1).trials[AXES])


@pytest.mark.parametrize("kind", ["tpe", "nsga2"])
def test_every_candidate_is_computed_once_and_then_the_search_ends(sizes, monkeypatch, kind):
    computed = []
    figures = Evaluator.figures
    monkeypatch.setattr(
        Evaluator, "figures", lambda self, candidate: computed.append(candidate) or figures(self, candidate)
    )
    found = ss.explore(sizes | {"sampler": {"kind": kind}}, trials=100)
    assert len(found.trials) == 15
    assert not found.trials[AXES].duplicated().any()
    asked = [tuple(candidate.machine.items()) for candidate in computed if candidate.machine]
    assert len(asked) == len(set(asked)) == 15
    assert found.trials.loc[0, "origin"] == "as given"
    best = found.trials.sort_values(["seconds", "trial"]).iloc[0]
    assert found.front["trial"].tolist() == [best["trial"]]


def test_a_search_finds_what_a_grid_of_1000_finds():
    """Of five sizes of SpArch within an area, among more values than those of the grid."""
    area = "area_mm2 <= 9"
    given = load_exploration("sparch-area").model_dump(exclude_unset=True)
    given |= {"matrices": ["karate"], "constraints": [area]}
    fields = {
        "accelerator.merge_ways": [4, 8, 16, 32, 64],
        "accelerator.merger_elements_per_cycle": [4, 8, 16, 32],
        "accelerator.prefetch_lines": [64, 128, 256, 512, 1024],
        "accelerator.lookahead_window": [512, 8192],
        "accelerator.macs_per_cycle.fp64": [2, 4, 8, 16, 32],
    }
    grid = prepared(load_exploration(given | {"search": {"machine": fields}}))
    assert grid.space.size == 1000
    evaluator = Evaluator(grid)
    figures = (evaluator.figures(grid.space.candidate(choice)) for choice in grid.space.every())
    best = min(each["seconds"] for each in figures if each["area_mm2"] <= 9)
    found = ss.explore(given)
    assert len(found.trials) == 200
    assert found.front["seconds"].item() <= best
    assert found.front["area_mm2"].item() <= 9
    random = found.trials[found.trials["state"] != "excluded"].head(20)
    assert found.front["seconds"].item() < random["seconds"].min()


def test_constraints_exclude(sizes):
    found = ss.explore(sizes | {"constraints": "energy_total_pj <= 1.3e6", "objectives": ["seconds"]}, trials=15)
    kept = found.trials["energy_total_pj"] <= 1.3e6
    assert 0 < kept.sum() < 15
    assert ((found.trials["state"] != "excluded") == kept).all()
    assert found.front["seconds"].item() == found.trials[kept]["seconds"].min()


def test_what_an_area_excludes_is_not_computed(sizes):
    limit = 20
    found = ss.explore(sizes | {"constraints": f"area_mm2 <= {limit}"}, trials=15).trials
    assert found[found["origin"] == "search"]["area_mm2"].max() <= limit
    assert 1 < len(found) < 15
    assert found["state"].tolist().count("excluded") == 1  # the machine as given, which is told of all the same


def test_fields_that_do_not_go_together_are_recorded_and_the_search_goes_on(sizes):
    fields = {"accelerator.multiplier_groups": [2, 16], "accelerator.macs_per_cycle.fp64": [16, 24]}
    found = ss.explore(sizes | {"search": {"machine": fields}}, trials=50).trials
    assert len(found) == 4
    (refused,) = found[found["state"] == "refused"].to_dict("records")
    assert (refused["accelerator.multiplier_groups"], refused["accelerator.macs_per_cycle.fp64"]) == (16, 24)
    assert "must be a multiple of multiplier_groups, 16" in refused["note"]


def test_the_front_is_what_nothing_beats():
    study = optuna.create_study(directions=["minimize", "maximize"])
    points = {
        (2.0, 0.5): 0,
        (1.0, 0.4): 0,
        (2.0, 0.6): 0,
        (1.0, 0.3): 0,
        (0.5, 0.1): 1,
        (2.0, 0.6001): 1,
        (3.0, 0.7): 0,
    }
    for values, excess in points.items():
        trial = study.ask()
        trial.set_constraint("kept", excess)
        study.tell(trial, values)
    again = study.ask()
    again.set_constraint("kept", 0)
    study.tell(again, (1.0, 0.4))
    assert [trial.number for trial in front(study)] == [1, 2, 6]


def test_plans_beat_uniform_sparsities_of_a_network(layers):
    sparsities = [0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    found = ss.explore(layers | {"search": {"plan": {"sparsity": sparsities}}}, trials=60)
    table = found.uniform
    assert table["uniform"].tolist() == sparsities
    inner = table[table["uniform"].between(0.2, 0.7)]
    assert (inner["speedup"] > 1).all()
    assert (table["found_accuracy"] >= table["accuracy"]).all()
    assert (
        table[["held_out_accuracy", "found_held_out_accuracy", "found_held_out_standard_error"]]
        .notna()
        .to_numpy()
        .all()
    )
    ready = found.prepared
    row = inner.iloc[0]
    again = Evaluator(ready).on_held_out(found.candidate(int(row["found_trial"])))
    assert again["accuracy"] == row["found_held_out_accuracy"]
    assert found.front["held_out_accuracy"].notna().all()
    assert found.front["seconds"].is_monotonic_increasing


def test_progress_is_told_and_a_limit_of_trials_is_checked(sizes):
    told = []
    ss.explore(sizes, trials=3, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(ss.SparsesimError, match="trials: 0: must be at least 1"):
        ss.explore(sizes, trials=0)
    with pytest.raises(ss.SparsesimError, match="workers: 0: must be at least 1"):
        ss.explore(sizes, workers=0)


def test_nothing_is_computed_before_everything_is_checked(sizes, monkeypatch):
    monkeypatch.setattr(Search, "run", lambda self, workers: pytest.fail("it began"))
    with pytest.raises(ss.SparsesimError):
        ss.explore(sizes | {"objectives": ["accuracy"]})


def test_plans_of_resnet20_beat_every_uniform_sparsity_that_leaves_something_to_beat(data_dir, monkeypatch):
    """At the same accuracy or a better one on the samples of the search, and not much below on those held out."""
    monkeypatch.setenv("SPARSESIM_DATA", str(data_dir))
    given = load_exploration("resnet20-layers").model_dump(exclude_unset=True)
    given |= {"constraints": [], "search": {"plan": {"sparsity": [0, 0.3, 0.5, 0.6, 0.7]}}, "trials": 40}
    table = ss.explore(given).uniform
    inner = table[table["uniform"].between(0.3, 0.6)]
    assert len(inner) == 3
    assert (inner["speedup"] > 1.05).all()
    assert (inner["found_accuracy"] >= inner["accuracy"]).all()
    lost = inner["held_out_accuracy"] - inner["found_held_out_accuracy"]
    assert (lost < 3 * inner["found_held_out_standard_error"]).all()
