"""Stores: searches that stop and go on, by themselves or killed, and files that are something else."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pandas as pd
import pytest

import sparsesim as ss
from sparsesim.errors import InputError

pytest.importorskip("optuna")
AXES = ["accelerator.merge_ways", "accelerator.macs_per_cycle.fp64"]
LIMIT_S = 120
CODE = "import json, sys, sparsesim as ss; ss.explore(json.loads(sys.argv[1]), sys.argv[2], trials=int(sys.argv[3]))"
WIDE = {
    "accelerator.merge_ways": {"linear": [2, 64, 63]},
    "accelerator.prefetch_lines": {"linear": [16, 1024, 64]},
}


def started(description, store, trials):
    return subprocess.Popen([sys.executable, "-c", CODE, json.dumps(description), str(store), str(trials)])


def finished(store, state="COMPLETE"):
    """Trials that a store holds, as another process sees them."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute("select count(*) from trials where state = ?", (state,)).fetchone()[0]
    except sqlite3.Error:
        return 0


def wait_for(condition, *processes):
    until = time.monotonic() + LIMIT_S
    while not condition():
        assert all(process.poll() is None for process in processes)
        assert time.monotonic() < until
        time.sleep(0.01)


def same(found, expected):
    """But for their numbers: what a killed process began has one that is not used again."""
    pd.testing.assert_frame_equal(found.drop(columns="trial"), expected.drop(columns="trial"))


def test_a_search_goes_on_where_it_stopped(sizes, tmp_path):
    store = tmp_path / "sizes.db"
    first = ss.explore(sizes, store, trials=5)
    assert len(first.trials) == 5
    whole = ss.explore(sizes, store, trials=12)
    pd.testing.assert_frame_equal(whole.trials, ss.explore(sizes, trials=12).trials)
    size = finished(store)
    again = ss.explore(sizes, str(store), trials=12)
    assert finished(store) == size == 12
    pd.testing.assert_frame_equal(again.front, whole.front)


def test_plans_go_on_too(layers, tmp_path):
    store = tmp_path / "layers.db"
    ss.explore(layers, store, trials=6)
    whole = ss.explore(layers, store, trials=14)
    assert set(whole.trials["origin"]) >= {"uniform 0", "uniform 0.5", "uniform 0.8", "sensitivity", "search"}
    assert len(whole.trials) == 14
    assert whole.front["held_out_accuracy"].notna().all()


def test_nothing_is_computed_where_all_is_done(sizes, tmp_path, monkeypatch):
    from sparsesim.studies.exploring.evaluating import Evaluator

    ss.explore(sizes, tmp_path / "sizes.db")
    monkeypatch.setattr(Evaluator, "figures", lambda *_: pytest.fail("it was computed again"))
    assert len(ss.explore(sizes, tmp_path / "sizes.db").trials) == 12


def test_a_search_that_is_killed_goes_on_as_if_it_had_not_been(sizes, tmp_path):
    wide = sizes | {"matrices": ["rmat-1024"], "search": {"machine": WIDE}}
    store = tmp_path / "killed.db"
    begun = []
    for least in (3, 7, 11, 15):
        process = started(wide, store, 30)
        wait_for(lambda least=least: finished(store) >= least and finished(store, "RUNNING"), process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert least <= finished(store) < 30
        begun.append(finished(store, "RUNNING"))
    assert max(begun) == 1  # something was lost
    found = ss.explore(wide, store, trials=30).trials
    same(found, ss.explore(wide, trials=30).trials)
    assert not found[list(WIDE)].duplicated().any()


def test_two_processes_share_a_store(sizes, tmp_path):
    wide = sizes | {"search": {"machine": WIDE}}
    store = tmp_path / "shared.db"
    ss.explore(wide, store, trials=1)
    processes = [started(wide, store, 24) for _ in range(2)]
    assert [process.wait(LIMIT_S) for process in processes] == [0, 0]
    found = ss.explore(wide, store, trials=24).trials
    assert len(found) == 24
    assert not found[list(WIDE)].duplicated().any()


def test_workers_compute_what_one_process_does(sizes):
    found = ss.explore(sizes, workers=2, trials=15).trials
    alone = ss.explore(sizes, trials=15).trials
    columns = [*AXES, "seconds", "energy_total_pj", "area_mm2"]
    assert sorted(found[columns].values.tolist()) == sorted(alone[columns].values.tolist())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"matrices": ["rmat-1024"]}, "matrices"),
        ({"objectives": ["energy_total_pj"]}, "objectives"),
        ({"constraints": "seconds <= 1"}, "constraints"),
        ({"search": {"machine": {"accelerator.merge_ways": [2, 4]}}}, "search"),
        ({"machine": {"based_on": "sparch"}}, "machine"),
    ],
)
def test_a_store_of_another_search_is_refused(sizes, tmp_path, changes, told):
    store = tmp_path / "sizes.db"
    ss.explore(sizes, store, trials=2)
    if "machine" in changes:
        other = tmp_path / "slow.yaml"
        other.write_text(
            "{name: slow, description: at half the clock, based_on: sparch, clock_hz: 500 MHz, "
            "sources: {clock_hz: assumed}}"
        )
        changes = {"machine": str(other)}
    with pytest.raises(InputError, match=rf"sizes.db: it holds a search that differs in {told}: name another"):
        ss.explore(sizes | changes, store)
    with pytest.raises(InputError, match=r"sizes.db: it holds the exploration 'sizes', not 'others': name another"):
        ss.explore(sizes | {"name": "others"}, store)
    assert len(ss.explore(sizes | {"description": "in other words", "trials": 3}, store).trials) == 3


def test_a_store_of_another_version_is_refused(sizes, tmp_path, monkeypatch):
    ss.explore(sizes, tmp_path / "sizes.db", trials=1)
    monkeypatch.setattr("sparsesim.__version__", "9.9")
    with pytest.raises(InputError, match="differs in sparsesim: name another store"):
        ss.explore(sizes, tmp_path / "sizes.db")


def test_other_files_are_no_stores_and_stay_as_they_are(sizes, tmp_path):
    text, foreign, cut = (tmp_path / name for name in ("notes.db", "foreign.db", "cut.db"))
    text.write_text("some notes, which are no database, though they are long enough to be taken for one" * 9)
    with closing(sqlite3.connect(foreign)) as database:
        database.execute("create table people (name text)")
        database.commit()
    ss.explore(sizes, cut, trials=2)
    os.truncate(cut, cut.stat().st_size // 3)
    for path in (text, foreign, cut):
        before = path.read_bytes()
        with pytest.raises(InputError, match=rf"{path.name}: ") as caught:
            ss.explore(sizes, path)
        assert len(str(caught.value).splitlines()) == 1
        assert path.read_bytes() == before
    with pytest.raises(InputError, match=r"nowhere/a.db: there is no such folder"):
        ss.explore(sizes, tmp_path / "nowhere" / "a.db")
    with pytest.raises(InputError, match="cannot be written"):
        ss.explore(sizes, tmp_path)
