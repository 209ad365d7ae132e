"""What the README shows is what happens."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
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


def test_every_command_of_the_examples_runs(readme, tmp_path):
    (tmp_path / "graph.mtx").write_text("%%MatrixMarket matrix coordinate pattern general\n3 3 2\n1 2\n2 3\n")
    random = np.random.default_rng(0)
    np.savez(tmp_path / "digits.npz", images=random.random((4, 1, 8, 8), np.float32), labels=random.integers(0, 10, 4))
    lines = [line for block in blocks(readme, "sh") for line in block.splitlines() if line.startswith("sparsesim ")]
    assert len(lines) >= 5
    for line in lines:
        for command in line.split("#")[0].split(";"):
            words = command.split()[1:]
            if words[0] == "validate":  # takes long and wants real data; tests/validation runs it
                continue
            call = [sys.executable, "-c", "from sparsesim.cli import main; main()", *words]
            process = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert process.returncode == 0, f"{command}: {process.stderr}"
    assert (tmp_path / "pruned.onnx").is_file()


def test_the_table_of_machines_says_what_the_machines_say(readme):
    rows = [re.findall(r"[^|]+", line) for line in readme.splitlines() if re.match(r"\| `[\w-]+` \| NVIDIA", line)]
    for name, _, tera_flops, gigabytes, watts in [[cell.strip(" `") for cell in row] for row in rows]:
        machine = load_machine(name)
        peak = 2 * machine.unit.macs_per_cycle["fp16"] * machine.clock_hz / 1e12
        assert peak == pytest.approx(float(tera_flops), rel=0.01)
        assert machine.dram.bandwidth_bytes_per_s == float(gigabytes) * 1e9
        assert machine.power.cap_w == float(watts)
    told = {name for name in machine_names() if f"| `{name}" in readme or f", `{name}`" in readme}
    untold = set(machine_names()) - told - {f"{name}-2to4" for name in told - {"v100"}}
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
