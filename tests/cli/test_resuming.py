"""Sweeps that are killed, and lose nothing but what was under way: real processes, and the same answer afterwards."""

import json
import os
import resource
import signal
import subprocess
import sys
from importlib.util import find_spec

import pytest
import yaml

from sparsesim.store import opened
from tests.cli.dask_cluster import cluster
from tests.cli.sessions import CODE, LONG_S, points_in, start, wait_for, wait_until_alone, workers_of

SWEEP = {
    "name": "long",
    "networks": ["lenet-300-100", "digits-cnn", {"name": "alexnet", "layers": "fc*"}],
    "pruners": ["none", {"name": "magnitude", "sparsity": [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]}],
    "formats": ["dense", "csr", "bitmap"],
    "machines": ["core-i7-5930k", "titan-x", "sparch"],
}
POINTS = 3 * 7 * 3 * 3


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    path = tmp_path_factory.mktemp("sweep") / "long.yaml"
    path.write_text(yaml.safe_dump(SWEEP))
    return path


@pytest.fixture(scope="module")
def expected(sweep, tmp_path_factory):
    """What a run in one process prints that nothing disturbs."""
    store = tmp_path_factory.mktemp("expected") / "long.db"
    return answer("run", sweep, "--store", store, "--workers", 1, "--json")


def answer(*words):
    """The points that a command prints, without the time that it took to compute them."""
    process = start(*words)
    out, error = process.communicate(timeout=10 * LONG_S)
    assert process.returncode == 0, error
    return [{key: value for key, value in point.items() if key != "simulation_seconds"} for point in lines(out)]


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_run_that_is_killed_goes_on_where_it_was(sweep, expected, tmp_path):
    store, kept = tmp_path / "long.db", [0]
    for more in (1, 40):
        process = start("run", sweep, "--store", store, "--json")
        wait_for(lambda: points_in(store) >= kept[-1] + more, process)  # noqa: B023
        process.kill()
        process.wait()
        wait_until_alone(process)
        kept.append(points_in(store))
    assert 0 < kept[1] < kept[2] < POINTS
    found = answer("run", sweep, "--store", store, "--json")
    assert found == expected
    assert len(found) == POINTS
    again = start("run", sweep, "--store", store, "--json")
    out, _ = again.communicate(timeout=LONG_S)
    assert answer("results", store, "--json") == expected
    assert [{**point, "simulation_seconds": 0} for point in lines(out)] == [
        {**point, "simulation_seconds": 0} for point in expected
    ]


def test_a_worker_that_is_killed_costs_a_warning(sweep, expected, tmp_path):
    store = tmp_path / "long.db"
    process = start("run", sweep, "--store", store, "--json")
    wait_for(lambda: points_in(store), process)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    out, error = process.communicate(timeout=10 * LONG_S)
    assert process.returncode == 0
    told = [line for line in error.splitlines() if "killed" in line]
    assert len(told) == 1
    assert told[0].startswith("a worker process was killed, probably as memory ran out, while it computed ")
    assert told[0].endswith("; that is tried again")
    assert [{key: point[key] for key in point if key != "simulation_seconds"} for point in lines(out)] == expected


def test_a_second_run_on_a_store_is_told_who_writes_it(sweep, tmp_path):
    store = tmp_path / "long.db"
    process = start("run", sweep, "--store", store)
    wait_for(lambda: points_in(store), process)
    second = start("run", sweep, "--store", store)
    _, error = second.communicate(timeout=LONG_S)
    assert second.returncode == 2
    assert error.count("\n") == 1
    assert str(store) in error
    assert str(process.pid) in error
    process.kill()
    process.communicate()
    wait_until_alone(process)


def test_a_full_disk_loses_nothing_that_finished(sweep, expected, tmp_path):
    store, limit = tmp_path / "long.db", 150_000
    process = subprocess.run(
        [sys.executable, "-c", CODE, "run", sweep, "--store", store],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert process.returncode != 0
    (line,) = [line for line in process.stderr.splitlines() if str(store) in line]
    kept = points_in(store)
    assert 0 < kept < POINTS
    assert f"{kept} points are kept" in line
    assert answer("run", sweep, "--store", store, "--json") == expected


def test_a_point_that_fails_is_kept_with_its_error_and_the_others_go_on(tmp_path):
    """Inputs that take too much memory are refused where they are laid out, long after the sweep was checked."""
    few = {"networks": ["digits-cnn", "vgg16"], "pruners": ["none"], "formats": ["csr"], "activation_density": 0.5}
    path, store = tmp_path / "few.yaml", tmp_path / "few.db"
    path.write_text(yaml.safe_dump(SWEEP | few))
    process = start("run", path, "--store", store, "--memory", "100 MB")
    out, error = process.communicate(timeout=10 * LONG_S)
    assert process.returncode == 0, error
    with opened(store) as kept:
        table = kept.table(["network", "status", "note"])
    failed = table["status"] == "failed"
    assert list(failed) == [network.startswith("vgg16") for network in table["network"]]
    assert table["note"][failed].str.contains("laying out its windows as columns needs .* of memory, more than").all()
    assert f"3 points failed: sparsesim results {store} --status failed says why; --retry tries again" in out
    again = start("run", path, "--store", store, "--retry")
    out, error = again.communicate(timeout=10 * LONG_S)
    assert again.returncode == 0, error
    assert "failed" not in out


@pytest.mark.skipif(find_spec("distributed") is None, reason="needs pip install 'sparsesim[distributed]'")
def test_a_cluster_gives_the_same_points_also_where_a_worker_is_killed(sweep, expected, tmp_path):
    with cluster(tmp_path) as (address, processes):
        store = tmp_path / "long.db"
        process = start("run", sweep, "--store", store, "--scheduler", address, "--json")
        wait_for(lambda: points_in(store), process)
        os.kill(processes[1].pid, signal.SIGKILL)
        out, error = process.communicate(timeout=10 * LONG_S)
        assert process.returncode == 0, error
    assert [{key: point[key] for key in point if key != "simulation_seconds"} for point in lines(out)] == expected


def test_a_scheduler_that_does_not_answer_is_one_line(sweep, tmp_path):
    process = start("run", sweep, "--store", tmp_path / "long.db", "--scheduler", "tcp://127.0.0.1:9")
    _, error = process.communicate(timeout=2 * LONG_S)
    assert process.returncode == 2
    assert error.startswith("error: --scheduler: tcp://127.0.0.1:9: ")
    assert error.count("\n") == 1
    assert not points_in(tmp_path / "long.db")


@pytest.mark.skipif(find_spec("distributed") is None, reason="needs pip install 'sparsesim[distributed]'")
def test_a_scheduler_that_goes_away_is_a_line_with_what_is_kept(sweep, tmp_path):
    with cluster(tmp_path) as (address, processes):
        store = tmp_path / "long.db"
        process = start("run", sweep, "--store", store, "--scheduler", address)
        wait_for(lambda: points_in(store), process)
        for each in processes:
            each.kill()
        _, error = process.communicate(timeout=2 * LONG_S)
    assert process.returncode == 1, error
    assert f"{points_in(store)} of {POINTS} points are in {store}; run again to go on" in error
    assert "Traceback" not in error
