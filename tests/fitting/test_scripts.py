"""The scripts of `fitting/` as a maintainer runs them, on a handful of products."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from sparsesim.hardware import load_machine
from sparsesim.tensors import rmat, write_matrix
from sparsesim.validation.tensor_core.runs import time_us

HEADER = "gpu,dtype,suite,M,N,K,dense_us,sparse24_us,sparse_run"
CARD = load_machine("a100-pcie")
RUNS = 75
SHAPES = [(64, 2048, 2048), (128, 2048, 2048), (256, 2048, 2048), (64, 256, 256)]


@pytest.fixture
def run(repository, tmp_path):
    def start(script, *arguments):
        command = [sys.executable, str(repository / "fitting" / script), *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)

    return start


@pytest.fixture
def times(tmp_path):
    """Data whose dense times are the model's own, and whose sparse ones are a tenth longer."""
    lines = [HEADER]
    for m, n, k in SHAPES:
        dense, _ = time_us(m, n, k, "fp16", CARD.only("gemm"), sparse=False, runs=RUNS)
        sparse, _ = time_us(m, n, k, "fp16", CARD.only("gemm-2:4"), sparse=True, runs=RUNS)
        lines.append(f"A100,FP16,Llama,{m},{n},{k},{dense!r},{1.1 * sparse!r},2_4")
    data = tmp_path / "data"
    (data / "reference").mkdir(parents=True)
    (data / "reference" / "gemm24_A100.csv").write_text("\n".join(lines) + "\n")
    return data


def test_a_search_does_not_end_above_the_loss_it_starts_from(run, times):
    process = run("tensor_core.py", "fit", "--data", times, "--evaluations", 30)
    assert process.returncode == 0, process.stderr
    (line,) = map(json.loads, process.stdout.splitlines())
    assert (line["card"], line["type"], line["products"]) == ("A100", "FP16", 4)
    assert 0 < line["fitted"]["loss"] < line["shipped"]["loss"]
    assert line["shipped"]["dense_efficiency"] == CARD.only("gemm").unit.efficiency["other"]


def test_only_constants_that_are_listed_are_fitted(run, times):
    """In INT8 on an A100 these are two."""
    path = times / "reference" / "gemm24_A100.csv"
    lines = [line.replace("FP16", "INT8") for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    process = run("tensor_core.py", "fit", "--data", times, "--evaluations", 15)
    assert process.returncode == 0, process.stderr
    (line,) = map(json.loads, process.stdout.splitlines())
    assert line["type"] == "INT8"
    moved = {name for name, value in line["fitted"].items() if value != line["shipped"][name]}
    assert {"dense_efficiency", "loss"} <= moved <= {"dense_efficiency", "product_pj", "loss"}


def test_cross_validation_writes_every_product_and_the_means(run, times, tmp_path):
    process = run("tensor_core.py", "cross-validate", "--data", times, "--evaluations", 3, "-o", tmp_path / "out")
    assert process.returncode == 0, process.stderr
    table = pd.read_csv(tmp_path / "out" / "tensor-core-cross-validation.csv")
    assert sorted(zip(table["m_tokens"], table["n"], table["k"], strict=True)) == sorted(SHAPES)
    means = pd.read_csv(tmp_path / "out" / "tensor-core-cross-validation-means.csv")
    assert list(means["card"]) == ["A100"]
    assert means["sparse_error_pct"][0] == pytest.approx(table["sparse_error_pct"].abs().mean())


@pytest.mark.parametrize("task", ["fit", "cross-validate"])
def test_data_without_a_fitted_card_is_one_error(run, times, tmp_path, task):
    process = run("tensor_core.py", task, "--data", times, "--only", "H100:FP8")
    assert (process.returncode, process.stdout) == (2, "")
    assert "error: no table of a card and type whose constants were fitted" in process.stderr
    (tmp_path / "empty").mkdir()
    assert "wanted: " in run("tensor_core.py", task, "--data", tmp_path / "empty").stderr


def test_simulation_time_is_written_for_the_sides_asked_for(run, tmp_path):
    write_matrix(rmat(60, 60, 300, seed=1), tmp_path / "wiki-Vote.mtx")
    process = run("sparch_simulation_time.py", "--data", tmp_path, "--side", 64, "--side", 128, "-o", tmp_path / "out")
    assert process.returncode == 0, process.stderr
    table = pd.read_csv(tmp_path / "out" / "sparch-simulation-time.csv")
    assert list(table["matrix"]) == ["wiki-Vote", "rmat-64", "rmat-128"]
    assert (tmp_path / "out" / "sparch-simulation-time.png").stat().st_size > 500
