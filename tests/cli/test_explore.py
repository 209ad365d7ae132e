"""`sparsesim explore`: what it prints and writes, and what other commands make of it."""

import csv
import io
import json
import os
import re
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import sparsesim as ss
from sparsesim.cli.app import app
from tests.cli.commands import SEARCH, output_of
from tests.cli.sessions import wait_for, workers_of

pytest.importorskip("optuna")
PLAN = """name: plans
networks: digits-cnn
formats: csr
machine: sparch
dtype: fp16
samples: digits
search: {plan: {sparsity: [0, 0.5, 0.8]}}
objectives: [seconds, accuracy]
constraints: accuracy >= unpruned - 0.1
trials: 10
"""


@pytest.fixture
def search(tmp_path):
    path = tmp_path / "search.yaml"
    path.write_text(SEARCH)
    return path


@pytest.fixture
def plans(tmp_path):
    path = tmp_path / "plans.yaml"
    path.write_text(PLAN)
    return path


def test_the_front_is_printed_and_the_picture_written(search, tmp_path):
    text = output_of("explore", search, "-o", tmp_path / "found")
    assert re.search(r"3 trials of 3 candidates: 3 on the front", text)
    assert {path.name for path in (tmp_path / "found").iterdir()} == {
        "tiny-front.csv",
        "tiny-front.png",
        *(f"tiny-machine-{number}.yaml" for number in range(3)),
    }
    areas = [float(row["area_mm2"]) for row in csv.DictReader((tmp_path / "found" / "tiny-front.csv").open())]
    assert areas == sorted(areas, reverse=True)  # the fastest first


def test_a_machine_that_was_found_is_a_machine(search, tmp_path):
    rows = [json.loads(line) for line in output_of("explore", search, "-o", tmp_path, "--json").splitlines()]
    for row in rows:
        path = tmp_path / f"tiny-machine-{row['trial']}.yaml"
        machine = ss.load_machine(path)
        assert machine.unit.merge_ways == row["accelerator.merge_ways"]
        assert machine.area_mm2 == row["area_mm2"]
        source = "found by the exploration tiny (minimise seconds, minimise area_mm2), trial"
        assert machine.sources["accelerator.merge_ways"] == f"{source} {row['trial']}"
        (result,) = ss.multiply("karate", None, path, "csr")
        assert result.seconds == row["seconds"]


def test_a_plan_that_was_found_is_a_plan(plans, tmp_path):
    out = CliRunner().invoke(app, ["explore", str(plans), "-o", str(tmp_path / "found"), "--json"])
    assert out.exit_code == 0, out.output
    rows = [json.loads(line) for line in out.stdout.splitlines()]
    assert re.search(r"accuracy is that of the 222 samples that the search saw.*that of 228 others", out.stderr)
    for row in rows:
        plan = tmp_path / "found" / f"plans-plan-{row['trial']}.yaml"
        asked = {name: row[f"sparsity {name}"] for name in ("conv1", "conv2", "fc1", "fc2")}
        written = yaml.safe_load(plan.read_text())["layers"]
        assert {layer: choice["sparsity"] for layer, choice in written.items()} == asked
        pruned = tmp_path / "pruned.onnx"
        output_of("prune", "digits-cnn", "--plan", plan, "-o", pruned)
        (point,) = ss.compare(pruned, "sparch", "csr", dtype="fp16").to_dict("records")
        assert point["seconds"] == pytest.approx(row["seconds"], rel=1e-12)
    assert [row["seconds"] for row in rows] == sorted(row["seconds"] for row in rows)


def test_uniform_sparsities_stand_beside_what_was_found(plans, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # a narrow terminal gets the last columns below
    text = output_of("explore", plans)
    assert re.search(r"uniform\s+seconds\s+accuracy\s+held out accuracy", text)
    assert "1.00x" in text or re.search(r"\d\.\d+x", text)


def test_trials_as_csv(search, tmp_path):
    text = output_of("explore", search, "--csv", "-", "-q")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["trial"] for row in rows] == ["0", "1", "2"]
    output_of("explore", search, "--csv", tmp_path / "trials.csv")
    assert list(csv.DictReader((tmp_path / "trials.csv").open())) == rows


def test_nothing_keeps_the_constraints(tmp_path):
    path = tmp_path / "none.yaml"
    path.write_text(SEARCH + "constraints: seconds <= 1e-9\n")
    text = output_of("explore", path, "-o", tmp_path / "found")
    assert "no trial keeps all constraints" in text
    assert [each.name for each in (tmp_path / "found").iterdir()] == ["tiny-front.png"]


def test_without_optuna_one_line_says_what_to_install(search, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ss.SparsesimError) as caught:
        output_of("explore", search)
    assert str(caught.value) == "a search needs Optuna: pip install 'sparsesim[explore]'"


def test_a_fault_names_file_and_line(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(SEARCH.replace("merge_ways: [2", "merge_way: [2"))
    with pytest.raises(
        ss.SparsesimError, match=rf"^{path}: line 5: search.machine.accelerator.merge_way: .*did you mean"
    ):
        output_of("explore", path)


LONG = """name: long
matrices: rmat-1024
formats: csr
machine: sparch
search: {machine: {accelerator.merge_ways: {linear: [2, 64, 63]}, accelerator.prefetch_lines: {linear: [16, 999, 984]}}}
objectives: seconds
trials: 5000
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_says_what_is_kept_and_leaves_no_worker(started, tmp_path, workers):
    path, store = tmp_path / "long.yaml", tmp_path / "long.db"
    path.write_text(LONG)
    process = started("explore", path, "--store", store, "--workers", workers)
    wait_for(lambda: completed(store) > 3, process)
    assert bool(workers_of(process)) == (workers > 1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    kept = re.fullmatch(rf"interrupted: (\d+) trials are in {store}\n", error)
    assert abs(int(kept[1]) - completed(store)) <= workers
    until = time.monotonic() + 10
    while workers_of(process) and time.monotonic() < until:
        time.sleep(0.05)
    assert not workers_of(process)


def test_a_worker_that_is_killed_is_one_line_and_the_search_goes_on_later(started, tmp_path):
    path, store = tmp_path / "long.yaml", tmp_path / "long.db"
    path.write_text(LONG)
    process = started("explore", path, "--store", store, "--workers", 2)
    wait_for(lambda: completed(store) > 3, process)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert re.fullmatch(rf"error: a worker process was killed, .*trial \d+.*; \d+ trials are in {store}\n", error)
    done = completed(store)
    rows = list(
        csv.DictReader(
            io.StringIO(output_of("explore", path, "--store", store, "--trials", done + 2, "--csv", "-", "-q"))
        )
    )
    assert len(rows) == done + 2
    assert len({(row["accelerator.merge_ways"], row["accelerator.prefetch_lines"]) for row in rows}) == done + 2


def completed(store):
    if not Path(store).exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute("select count(*) from trials where state = 'COMPLETE'").fetchone()[0]
    except sqlite3.Error:
        return 0
