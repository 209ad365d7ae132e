"""The house rules that tools can check: lint, format, types, direction of imports."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKS = {
    "ruff lint": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "imports run downhill": ["lint-imports"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_house_rules(name, repository):
    program, *arguments = CHECKS[name]
    command = [str(Path(sys.executable).parent / program), *arguments]
    process = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr


def test_every_file_is_short_enough_to_read(repository):
    """Files of a family stay near the length of the models of style; nothing grows beyond 260 lines."""
    long = {
        str(path.relative_to(repository)): len(path.read_text().splitlines())
        for path in (repository / "sparsesim").rglob("*.py")
    }
    assert not {name: lines for name, lines in long.items() if lines > 260}


def test_public_names_exist():
    import sparsesim

    for name in sparsesim.__all__:
        assert getattr(sparsesim, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'sparkle'"):
        _ = sparsesim.sparkle


def test_no_public_name_is_hidden_by_a_module_of_the_same_name(repository):
    import sparsesim

    modules = {path.stem for path in (repository / "sparsesim").iterdir()}
    assert not modules & set(sparsesim.__all__)


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, sparsesim; print([m for m in ('numpy', 'numba', 'pandas', 'matplotlib') if m in sys.modules])"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"
