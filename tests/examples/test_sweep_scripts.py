"""The scripts on sweeps run as they are shipped, and do what they say."""

import importlib.util
import re
import subprocess
import sys

import pytest

from sparsesim.store import load_results


@pytest.fixture
def run(repository, tmp_path):
    """Runs a script of `workloads` from another folder; what it printed."""

    def script(name, *words):
        command = [sys.executable, str(repository / "workloads" / f"{name}.py"), *words]
        process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert process.returncode == 0, process.stderr
        return process.stdout

    return script


def test_a_sweep_in_python_shows_that_a_wider_tree_and_a_faster_clock_take_less_time(run, tmp_path):
    lines = run("sweep_in_python").splitlines()
    assert lines[-1] == "written: merge-width.png"
    assert (tmp_path / "merge-width.png").stat().st_size > 10_000
    assert lines[0].split() == ["machine", "sparch", "sparch-slow"]
    rows = [[float(word) for word in line.split()] for line in lines[2:-1]]
    assert len(rows) == 12
    assert all(slow > fast for *_, fast, slow in rows)
    by_ways = {ways: fast for ways, fast, _ in (row[-3:] for row in rows[:3])}
    assert by_ways[4] > by_ways[16] >= by_ways[64]


def test_a_killed_sweep_goes_on_with_what_is_missing(run, tmp_path):
    told = run("resume_a_sweep", str(tmp_path))
    kept, missing, again = (int(number) for number in re.findall(r"(\d+) points", told)[:3])
    assert kept >= 20
    assert missing > 0
    assert again == 0
    assert len(load_results(tmp_path / "resumed.db")) == 720
    assert 720 <= kept + missing <= 720 + 2 * 8  # beside the unpruned networks that points are compared with


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="Dask's distributed is not installed")
def test_a_cluster_finds_what_one_process_finds(run):
    told = run("sweep_on_a_cluster")
    assert re.match(r"112 points on tcp://127.0.0.1:\d+\n", told)
    assert "bit for bit: yes" in told
