"""Commands load what their run needs, and no more."""

import pytest

from sparsesim.cli.app import COMMANDS
from tests.cli.commands import modules_after

SLOW = {"pandas", "matplotlib", "torch", "onnx", "onnxruntime"}


def loaded_by(*arguments):
    return modules_after(f"from sparsesim.cli.app import app; app({list(arguments)})")


def test_the_list_of_commands_loads_none_of_them():
    loaded = loaded_by("--help")
    assert not loaded & (SLOW | {"numpy", "rich.table"})
    assert not any(name.startswith(tuple(f"sparsesim.{part}" for part in ("networks", "hardware"))) for name in loaded)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_loads_nothing_slow(command):
    assert not loaded_by(command, "--help") & SLOW


def test_one_gemm_as_json_loads_no_networks():
    loaded = loaded_by("gemm", "8", "8", "8", "--json")
    assert not loaded & (SLOW | {"rich.table"})
    assert not loaded & {f"sparsesim.{part}" for part in ("networks", "pruning", "transforms", "studies", "report")}
    assert "sparsesim.products" in loaded
