"""Commands that end otherwise than they should: killed, without a worker, or without room for what they write."""

import os
import signal
import time
from pathlib import Path

import pytest
import yaml

from tests.cli.sessions import LONG_S, MANY, MANY_POINTS, points_in, wait_for, wait_until_alone, workers_of

SOON_S = 20
"""Far more than it takes on a busy machine, and far less than the tasks of the sweep."""


def ended(process):
    """What it printed, once it and everything that it started is gone."""
    out, error = process.communicate(timeout=LONG_S)
    wait_until_alone(process, SOON_S)
    return out, error


def busy(started, sweep, folder):
    """A run that has finished some points, and has workers on others; and its store."""
    content = yaml.safe_load(sweep.read_text())
    sweep.write_text(yaml.safe_dump(content | MANY))
    store, process = folder / "long.db", started("run", sweep, "-o", folder)
    wait_for(lambda: points_in(store), process)
    return process, store


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["kill", "closed terminal"]
)
@pytest.mark.parametrize("later_s", [0.0, 0.3, 3.0])
def test_a_signal_ends_a_sweep_like_ctrl_c(started, sweep, tmp_path, number, code, later_s):
    process = started("run", sweep, "-o", tmp_path / "out")
    wait_for(lambda: workers_of(process), process)
    time.sleep(later_s)
    os.kill(process.pid, number)
    assert ended(process) == ("", "interrupted: nothing is kept\n")
    assert process.returncode == code


def test_kill_says_what_is_kept(started, sweep, tmp_path):
    process, store = busy(started, sweep, tmp_path / "out")
    os.kill(process.pid, signal.SIGTERM)
    _, error = ended(process)
    kept = points_in(store)
    assert 0 < kept < MANY_POINTS
    assert error.splitlines()[-1] == f"interrupted: {kept} of {MANY_POINTS} points are in {store}; run again to go on"


@pytest.mark.parametrize("later_s", [0.0, 0.5, 4.0])
def test_workers_end_with_a_command_that_is_killed(started, sweep, tmp_path, later_s):
    """It cannot tell them: they find out, also while they start."""
    process = started("run", sweep, "-o", tmp_path / "out")
    wait_for(lambda: workers_of(process), process)
    time.sleep(later_s)
    process.kill()
    process.wait()
    wait_until_alone(process, SOON_S)


def test_ctrl_c_again_and_again_ends_a_command_no_later(started):
    """Each would give what runs in compiled code its moment anew."""
    process = started("gemm", 32768, 8192, 8192, "-m", "sparch", "--sparsity", "0.5", "-v")
    wait_for(lambda: "numba" in Path(f"/proc/{process.pid}/maps").read_text(), process)
    time.sleep(2)
    until = time.monotonic() + SOON_S
    while process.poll() is None and time.monotonic() < until:
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.2)
    assert process.poll() == 130


@pytest.mark.parametrize("file", ["long-layers.csv", "long-totals.csv", "long-speedup.png"])
def test_a_full_disk_is_one_line_with_the_file(started, sweep, tmp_path, file):
    content = yaml.safe_load(sweep.read_text()) | {"networks": ["digits-cnn", "lenet-300-100"]}
    sweep.write_text(yaml.safe_dump(content | {"formats": ["dense", "csr"]}))
    out = tmp_path / "out"
    out.mkdir()
    (out / file).symlink_to("/dev/full")
    process = started("run", sweep, "-o", out)
    assert ended(process) == ("", f"error: {out / file}: No space left on device\n")
    assert process.returncode == 2
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []


def test_a_sweep_nobody_reads_leaves_nothing_behind(started, sweep, tmp_path):
    content = yaml.safe_load(sweep.read_text()) | {"networks": ["alexnet", "lenet-300-100"], "formats": ["csr"]}
    sweep.write_text(yaml.safe_dump(content))
    process = started("run", sweep, "-o", tmp_path / "out", "--no-plots")
    process.stdout.close()
    wait_for(lambda: workers_of(process), process)
    assert "Traceback" not in process.stderr.read()
    assert process.wait(LONG_S) != 0
    wait_until_alone(process, SOON_S)
    assert (tmp_path / "out" / "long-layers.csv").is_file()
