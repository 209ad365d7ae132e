"""The log of a run: whole rows whatever happens, and those of an earlier run kept."""

import json
import logging
import os
import subprocess
import sys

import pytest

from sparsesim.results import read_results, result_table, write_table
from sparsesim.studies import ResultLog
from tests.results.made_up import made_up

NO_ROOM = """
import resource, sys
from pathlib import Path
from sparsesim.studies import ResultLog
from tests.results.made_up import made_up
log = ResultLog(Path(sys.argv[1]))
log.append([made_up("one"), made_up("two")])
size = log.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    log.append([made_up("three"), made_up("four")])
except OSError as error:
    print(error.filename, error.strerror, sep=": ")
print(log.kept(9))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append([made_up("five")])
"""


@pytest.mark.parametrize("room", [0, 1, 100, 1000])
def test_rows_are_in_the_log_all_or_none(tmp_path, room, repository):
    path = tmp_path / "run.jsonl"
    command = [sys.executable, "-c", NO_ROOM, str(path), str(room)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=repository, timeout=120, check=False)
    assert done.stderr == ""
    assert done.stdout == f"{path}: File too large\n1 of 9 points are in {path}\n"
    assert [json.loads(line)["layer"] for line in path.read_text().splitlines()] == ["one", "two", "five"]


def test_the_rows_of_a_task_are_one_write(tmp_path, monkeypatch):
    writes, write = [], os.write
    monkeypatch.setattr(os, "write", lambda file, data: writes.append(data) or write(file, data))
    log = ResultLog(tmp_path / "run.jsonl")
    log.append([made_up("one"), made_up("two")])
    assert writes == [log.path.read_bytes()]


def earlier(tmp_path, *layers, cut=""):
    log = ResultLog(tmp_path / "run.jsonl")
    log.append([made_up(layer) for layer in layers])
    with log.path.open("a") as file:
        file.write(cut)
    return log.path


@pytest.mark.parametrize("cut", ["", '{"layer": "thr'])
def test_rows_of_an_earlier_run_that_was_not_finished_are_kept(tmp_path, caplog, cut):
    path, aside = earlier(tmp_path, "one", "two", cut=cut), tmp_path / "run-earlier-1.jsonl"
    with caplog.at_level(logging.INFO, "sparsesim"):
        ResultLog(path)
    told = [f"{path}: 2 rows of an earlier run that was not finished are now in {aside}"]
    half = [f"{path}: line 3 was cut off while it was written and is left out"] if cut else []
    assert caplog.messages == half + told
    assert path.read_bytes() == b""
    caplog.clear()
    assert list(read_results(aside)["layer"]) == ["one", "two"]
    assert caplog.messages == []


def test_every_earlier_run_is_kept(tmp_path):
    for layer in ("one", "two", "three"):
        path = earlier(tmp_path, layer)
    kept = [read_results(tmp_path / f"run-earlier-{number}.jsonl")["layer"].item() for number in (1, 2)]
    assert kept == ["one", "two"]
    assert read_results(path)["layer"].item() == "three"


def test_a_log_without_a_whole_row_is_begun_anew(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text('{"layer": "on')
    ResultLog(path).append([made_up("one")])
    assert read_results(path)["layer"].item() == "one"
    assert list(tmp_path.iterdir()) == [path]


def table_of_rows(path, rows, seconds):
    """The table of layers of a run, so many seconds younger than its log."""
    table = path.with_name(f"{path.stem}-layers.csv")
    write_table(result_table([made_up(str(number)) for number in range(rows)]), table)
    time_s = path.stat().st_mtime + seconds
    os.utime(table, (time_s, time_s))


def test_rows_that_are_in_the_table_of_their_run_are_not_kept_twice(tmp_path, caplog):
    path = earlier(tmp_path, "one", "two")
    table_of_rows(path, 2, seconds=1)
    with caplog.at_level(logging.INFO, "sparsesim"):
        ResultLog(path)
    assert caplog.messages == []
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run-layers.csv", "run.jsonl"]


@pytest.mark.parametrize(("rows", "seconds"), [(2, -1), (1, 1), (3, 1)], ids=["older", "shorter", "longer"])
def test_a_table_of_another_run_does_not_stand_for_the_log(tmp_path, rows, seconds):
    path = earlier(tmp_path, "one", "two")
    table_of_rows(path, rows, seconds)
    ResultLog(path)
    assert len(read_results(tmp_path / "run-earlier-1.jsonl")) == 2
