"""What the README shows is what happens."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sparsesim.hardware import load_machine, machine_names


@pytest.fixture(scope="module")
def readme(repository):
    return (repository / "README.md").read_text(encoding="utf-8")


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_python_example_runs_as_printed(readme, tmp_path):
    (code,) = blocks(readme, "python")
    process = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert "nm-2:4" in process.stdout
    assert "sparch" in process.stdout


def main_command(readme):
    """The shell command under the mark of the main command."""
    return re.search(r"<!-- main command -->\n```sh\n(.*?)\n```", readme).group(1)


def as_after_login(first):
    """The environment of a user whose path begins with this folder: nothing of the tests' own environment."""
    own = ("PYTHON", "VIRTUAL_ENV", "SPARSESIM", "NUMBA", "COVERAGE", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return kept | {"PATH": f"{first}{os.pathsep}{os.environ['PATH']}"}


def shell(command, folder, first):
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=as_after_login(first),
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )


@pytest.fixture(scope="module")
def clone(readme, repository, tmp_path_factory):
    """A copy of the repository in which the main command has run."""
    folder = tmp_path_factory.mktemp("clone") / "sparsesim"
    shutil.copytree(repository, folder, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache"))
    shutil.rmtree(folder / "results", ignore_errors=True)
    process = shell(main_command(readme), folder, Path(sys.executable).parent)
    if process.returncode and re.search(r"connection broken by|NewConnectionError|NameResolutionError", process.stderr):
        pytest.skip("the package index cannot be reached, and the README's first command installs from it")
    assert process.returncode == 0, process.stderr
    return folder


def test_every_command_works_as_printed_after_the_first_one(readme, clone, tmp_path):
    """One test, because the commands build on each other, and installing takes most of its time."""
    assert {path.suffix for path in (clone / "results").iterdir()} == {".csv", ".png", ".db"}
    lines = [line for block in blocks(readme, "sh") for line in block.splitlines() if line.startswith("sparsesim ")]
    assert len(lines) >= 15
    failed = {}
    for line in lines:
        process = shell(line, tmp_path, clone / ".venv" / "bin")
        if process.returncode or not process.stdout.strip() or "Traceback" in process.stderr:
            failed[line] = process.stderr
    assert not failed, failed
    named = set(re.findall(r"[\w-]+\.(?:onnx|npz|yaml|png)\b", "\n".join(lines)))
    assert {"pruned.onnx", "read.npz", "plan.yaml", "kept.png"} <= named <= {path.name for path in tmp_path.iterdir()}


def test_the_table_of_machines_says_what_the_machines_say(readme):
    rows = [re.findall(r"[^|]+", line) for line in readme.splitlines() if re.match(r"\| `[\w-]+` \| NVIDIA", line)]
    for name, _, tera_flops, gigabytes, watts in [[cell.strip(" `") for cell in row] for row in rows]:
        machine = load_machine(name)
        first = next(iter(machine.library.values())).unit
        peak = 2 * first.macs_per_cycle["fp16"] * machine.clock_hz / 1e12
        assert peak == pytest.approx(float(tera_flops), rel=0.01)
        assert machine.dram.bandwidth_bytes_per_s == float(gigabytes) * 1e9
        assert machine.power.cap_w == float(watts)
    told = {name for name in machine_names() if f"| `{name}" in readme or f", `{name}`" in readme}
    untold = set(machine_names()) - told
    assert not untold, f"no row in the table of machines in README.md: {', '.join(sorted(untold))}"


def test_files_and_folders_that_it_names_exist(readme, repository):
    for target in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (repository / target).exists(), target


def test_ci_runs_the_test_command_of_the_readme(readme, repository):
    script = (repository / ".ci" / "run").read_text(encoding="utf-8")
    assert "README.md" in script
    assert "<!-- test command -->" in script
    assert readme.count("<!-- test command -->\n```sh\n") == 1
    assert Path(repository / "workloads/quickstart.yaml").is_file()
