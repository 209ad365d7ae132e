"""Shell completion, as the script that a shell runs asks for it."""

import os
import subprocess
import sys

import pytest

from sparsesim.cli import completing
from sparsesim.hardware import load_machine
from sparsesim.networks import network_names
from sparsesim.transforms import method_by_name, takes_sparsity


def completed(words, environment=None):
    """What is offered for the last word."""
    line = ["sparsesim", *words]
    asked = {
        "_SPARSESIM_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(line),
        "COMP_CWORD": str(len(line) - 1),
    }
    command = [sys.executable, "-c", "from sparsesim.cli import main; main()"]
    process = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **asked}, check=True)
    assert process.stderr == ""
    return process.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["gem"], ["gemm"]),
        (["compare", "digits"], ["digits-cnn"]),
        (["compare", "digits-cnn", "-m", "tita"], ["titan-x"]),
        (["compare", "digits-cnn", "--format", "bi"], ["bitmap"]),
        (["prune", "digits-cnn", "-p", "magnitude-e"], ["magnitude-erk"]),
        (["gemm", "8", "8", "8", "--energy-table", "horo"], ["horowitz-45nm"]),
        (["gemm", "8", "8", "8", "--engine", "ev"], ["event"]),
        (["run", "quick"], ["quickstart"]),
        (["show", "machine", "tita"], ["titan-x"]),
        (["show", "pruner", "wan"], ["wanda"]),
        (["validate", "sparsel"], ["sparseloop"]),
        (["gemm", "--vers"], []),
        (["--vers"], ["--version"]),
    ],
)
def test_names_are_completed(words, found):
    assert completed(words) == found


def test_the_script_for_a_shell_is_printed():
    code = "from sparsesim.cli import main; main()"
    process = subprocess.run(
        [sys.executable, "-c", code, "--show-completion", "bash"],
        capture_output=True,
        text=True,
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert "_SPARSESIM_COMPLETE=complete_bash" in process.stdout


def test_every_name_that_is_offered_exists():
    assert set(completing.networks("")) == set(network_names())
    assert all(load_machine(name).name == name for name in completing.machines(""))
    whole = [name for name in completing.pruners("") if not name.endswith("-")]
    assert {"2:4", "magnitude", "sparse-gpt-2:4", "nm-pairs-4:8", "int8"} <= set(whole)
    for name in whole:
        method_by_name(name, 0.5 if takes_sparsity(name) else None) if name not in NEED_MORE else None


NEED_MORE = {"threshold", "sigma", "low-rank", "merge"}
"""Names of methods that also need another amount."""
