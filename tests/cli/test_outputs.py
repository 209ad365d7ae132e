"""Outputs that do not take everything: ASCII terminals, closed pipes, full disks, and errors that nobody foresaw."""

import os
import subprocess
import sys

import pytest

from sparsesim.cli import main
from sparsesim.cli.leaving import INTERNAL, LONGEST_LINE
from sparsesim.cli.signs import plain

CALL = [sys.executable, "-c", "from sparsesim.cli import main; main()"]
GEMM = ["gemm", "8", "8", "8", "-m", "core-i7-5930k"]


OLD_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def called(*words, **changes):
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | changes
    env = dict(os.environ) | streams.pop("env", {})
    return subprocess.run([*CALL, *map(str, words)], text=True, timeout=300, check=False, env=env, **streams)


@pytest.mark.parametrize(
    ("sign", "shown"),
    [
        ("×", "x"),
        ("…", "..."),
        ("µ", "u"),
        ("é", "e"),
        ("ő", "o"),
        ("─", "-"),
        ("━", "-"),
        ("│", "|"),
        ("┼", "+"),
        ("█", "#"),
        ("\udcff", "\\udcff"),
        ("書", "?"),
    ],
)
def test_signs_in_ascii(sign, shown):
    assert plain(sign) == shown
    assert plain(sign).isascii()


@pytest.mark.parametrize("words", [GEMM, ["list"], ["show", "machine", "sparch"], ["show", "network", "digits-cnn"]])
@pytest.mark.parametrize(
    "env", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_ascii_is_enough(words, env):
    process = called(*words, env=env)
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.isascii()
    assert "?" not in process.stdout
    whole = called(*words, env={"PYTHONIOENCODING": "utf-8"}).stdout
    assert len(process.stdout.splitlines()) == len(whole.splitlines())


def test_the_name_of_a_file_in_no_encoding_is_printed_all_the_same(tmp_path):
    code = "from sparsesim.cli.outputs import mend_outputs; mend_outputs(); print('a\\udcff.npz')"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout) == (0, "a\\udcff.npz\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [GEMM, [*GEMM, "--json"], ["list"], ["gemm", "--help"], ["--version"]])
def test_nobody_reads_on(words, unbuffered):
    read, write = os.pipe()
    os.close(read)
    process = called(*words, stdout=write, env={"PYTHONUNBUFFERED": unbuffered})
    os.close(write)
    assert (process.returncode, process.stderr) == (141, "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_no_room_for_what_is_printed(unbuffered):
    with open("/dev/full", "w") as full:
        process = called("list", stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
    assert (process.returncode, process.stderr) == (2, "error: standard output: No space left on device\n")


def test_closed_outputs_are_none():
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        shell = f"exec {sys.executable} -c 'from sparsesim.cli import main; main()' list formats {closed}"
        assert subprocess.run(["sh", "-c", shell], capture_output=True, check=False).returncode == 0


@pytest.fixture
def unforeseen(monkeypatch, capfd):
    """Runs a command in which an error comes up; exit code and what is on stderr."""

    def run(error):
        def fails(*_, **__):
            raise error

        monkeypatch.setattr("sparsesim.products.gemm", fails)
        monkeypatch.setattr("sys.argv", ["sparsesim", *GEMM])
        with pytest.raises(SystemExit) as end:
            main()
        out, told = capfd.readouterr()
        assert out == ""
        return end.value.code, told

    return run


@pytest.mark.parametrize("error", [TypeError("x\n  y"), ZeroDivisionError(), RecursionError("deep")])
def test_an_error_that_nobody_foresaw_is_a_line(unforeseen, monkeypatch, error):
    monkeypatch.delenv("SPARSESIM_TRACEBACK", raising=False)
    code, told = unforeseen(error)
    assert code == INTERNAL == 70
    assert told.startswith(f"error: internal: {type(error).__name__}")
    assert told.endswith("and what SPARSESIM_TRACEBACK=1 shows\n")
    assert told.count("\n") == 1


def test_a_pipe_between_processes_is_not_what_is_printed(unforeseen):
    code, told = unforeseen(BrokenPipeError(32, "Broken pipe"))
    assert code == INTERNAL
    assert told.startswith("error: internal: RuntimeError: a pipe between processes broke: [Errno 32] Broken pipe;")


def test_a_traceback_is_there_for_those_who_ask(unforeseen, monkeypatch):
    monkeypatch.setenv("SPARSESIM_TRACEBACK", "1")
    code, told = unforeseen(TypeError("x"))
    assert code == INTERNAL
    assert "Traceback (most recent call last)" in told
    assert told.endswith("TypeError: x\n")


def test_a_file_is_named_and_a_disk_without_one_is_not_none(unforeseen):
    assert unforeseen(OSError(28, "No space left on device", "a.csv")) == (2, "error: a.csv: No space left on device\n")
    assert unforeseen(OSError(28, "No space left on device")) == (2, "error: No space left on device\n")


def test_lines_are_of_an_end_and_cannot_steer_a_terminal(unforeseen):
    code, told = unforeseen(ValueError("\x1b[31mx" + "y" * 10**5))
    assert code == INTERNAL
    assert "\\x1b[31mx" in told
    assert "\x1b" not in told
    assert len(told) < LONGEST_LINE + 100


def test_the_help_and_the_readme_tell_how_to_see_more(repository):
    assert "SPARSESIM_TRACEBACK=1" in called("--help").stdout
    assert "SPARSESIM_TRACEBACK=1" in (repository / "README.md").read_text(encoding="utf-8")
