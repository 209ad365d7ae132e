"""`sparsesim validate` as a user meets it."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from sparsesim.tensors import rmat, write_matrix
from sparsesim.validation import REFERENCES

KEYS = {"reference", "case", "metric", "published", "simulated", "error_pct", "fitted"}


def run(*arguments):
    command = [sys.executable, "-c", "from sparsesim.cli import main; main()", "validate", *map(str, arguments)]
    # Readline, which pytest loads, sets COLUMNS where os.environ does not see it and processes inherit it.
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=dict(os.environ))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    write_matrix(rmat(60, 60, 300, seed=1), data / "wiki-Vote.mtx")
    write_matrix(rmat(40, 40, 120, seed=2), data / "facebook.mtx")
    return data


def test_json_is_one_object_per_row(folder):
    process = run("sparch", "--data", folder, "--json")
    assert process.returncode == 0, process.stderr
    records = [json.loads(line) for line in process.stdout.splitlines()]
    assert all(record.keys() >= KEYS for record in records)
    assert {record["reference"] for record in records} == {"sparch"}
    for record in records:
        assert record["error_pct"] == pytest.approx(100 * (record["simulated"] / record["published"] - 1))
    assert {record["case"] for record in records if record["metric"] == "GFLOP/s"} == {"exact matrices"}
    assert "no golden counts for p2p-Gnutella31, ca-CondMat" in process.stderr


def test_output_holds_tables_and_pictures(folder, tmp_path):
    process = run("sparch", "--data", folder, "--output", tmp_path / "out")
    assert process.returncode == 0, process.stderr
    assert "absolute errors" in process.stdout
    names = {path.name for path in (tmp_path / "out").iterdir()}
    studies = ("matrices", "sweeps", "ablation", "simulation-time")
    assert names == {"sparch-rows.csv", "sparch-errors.png"} | {
        f"sparch-{study}.{suffix}" for study in studies for suffix in ("csv", "png")
    }
    table = pd.read_csv(tmp_path / "out" / "sparch-matrices.csv")
    assert list(table["matrix"]) == ["facebook", "wiki-Vote"]
    assert all(f"{name}" in process.stdout for name in sorted(names))


def test_left_out_the_references_are_listed():
    process = run()
    assert process.returncode == 0
    # Descriptions that are longer than the line go on below, indented.
    listed = [line.split()[0] for line in process.stdout.splitlines() if not line.startswith(" ")]
    assert listed == list(REFERENCES)
    assert json.loads(run("--json").stdout).keys() == REFERENCES.keys()


@pytest.mark.parametrize("missing", ["empty", "absent"])
def test_without_data_one_line_tells_where_it_comes_from(missing, tmp_path):
    data = tmp_path if missing == "empty" else tmp_path / "none"
    process = run("sparch", "--data", data)
    assert (process.returncode, process.stdout) == (2, "")
    lines = process.stderr.strip().splitlines()
    assert len(lines) == 1
    assert "SNAP/wiki-Vote" in lines[0]
    assert "https://sparse.tamu.edu" in lines[0]


def test_a_matrix_that_cannot_be_squared_is_one_line(tmp_path):
    write_matrix(rmat(10, 20, 30), tmp_path / "wiki-Vote.mtx")
    process = run("sparch", "--data", tmp_path, "--json")
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.strip().endswith("not square, or A x A is empty")


def test_an_output_that_is_a_file_is_one_line(folder):
    process = run("sparch", "--data", folder, "--output", folder / "facebook.mtx")
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.strip() == f"error: --output: {folder / 'facebook.mtx'}: File exists"
