"""Ctrl-C as a user meets it: real processes that are told to stop."""

import os
import signal
import time
from pathlib import Path

import pytest
import yaml

from tests.cli.sessions import MANY, MANY_POINTS, in_session, points_in, wait_for, workers_of

LIMIT_S = 2.0


def stopped(process, whole_session):
    """Press Ctrl-C: in a terminal it reaches the whole session, `kill` only the process itself."""
    since = time.monotonic()
    (os.killpg if whole_session else os.kill)(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert time.monotonic() - since < LIMIT_S
    assert process.returncode == 130
    assert out == ""
    while in_session(process) and time.monotonic() - since < LIMIT_S:
        time.sleep(0.02)
    assert in_session(process) == []
    return error


@pytest.mark.parametrize(("whole_session", "later_s"), [(False, 0.0), (True, 0.0), (True, 0.3), (True, 0.6)])
def test_a_sweep_is_gone_while_its_workers_start(started, sweep, tmp_path, whole_session, later_s):
    """They say nothing of where they were."""
    process = started("run", sweep, "-o", tmp_path / "out")
    wait_for(lambda: workers_of(process), process)
    time.sleep(later_s)
    assert stopped(process, whole_session) == "interrupted: nothing is kept\n"


@pytest.mark.parametrize("whole_session", [True, False])
def test_a_sweep_says_what_is_kept(started, tmp_path, sweep, whole_session):
    content = yaml.safe_load(sweep.read_text())
    sweep.write_text(yaml.safe_dump(content | MANY))
    store = tmp_path / "out" / "long.db"
    process = started("run", sweep, "-o", tmp_path / "out")
    wait_for(lambda: points_in(store), process)
    error = stopped(process, whole_session)
    kept = points_in(store)
    assert 0 < kept < MANY_POINTS
    assert error.splitlines()[-1] == f"interrupted: {kept} of {MANY_POINTS} points are in {store}; run again to go on"


@pytest.mark.parametrize("when_s", [0.0, 2.0])
def test_what_runs_in_compiled_code_is_gone_too(started, when_s):
    """It would notice Ctrl-C only when it is done."""
    process = started("gemm", 32768, 8192, 8192, "-m", "sparch", "--sparsity", "0.5", "-v")
    wait_for(lambda: "numba" in Path(f"/proc/{process.pid}/maps").read_text(), process)
    time.sleep(when_s)
    assert stopped(process, whole_session=False) == "interrupted: nothing is kept\n"
