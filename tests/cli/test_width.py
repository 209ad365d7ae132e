"""What commands print in a terminal of 80 columns."""

import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import COMMANDS, app
from tests.cli.commands import EXAMPLES, files

WIDER = {
    "compare": ["digits-cnn", "-p", "none", "-p", "magnitude", "-f", "csr", "-f", "nm-2:4", "-m", "rtx-4090"],
    "compress": ["digits-cnn", "--method", "deep-compression"],
    "matmul": ["{matrix}", "-m", "core-i7-5930k", "-f", "csr", "-m", "a100-pcie"],
    "show": ["network", "alexnet@pruned"],
    "list": [],
}
"""Arguments that print more than those of `EXAMPLES`."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_figure_is_whole_in_80_columns(tmp_path, name):
    """Every word with a digit in it that stands on a line of 200 characters also stands on one of 80."""
    placeholders = files(tmp_path)
    words = [word.format(**placeholders) for word in (WIDER.get(name) or EXAMPLES[name])]
    narrow, wide = (_printed([name, *words, "--quiet"], columns) for columns in ("80", "200"))
    assert "…" not in narrow
    assert max(map(len, narrow.splitlines())) <= 80
    figures = {word for word in wide.split() if any(letter.isdigit() for letter in word)}
    assert figures <= set(narrow.split())


def _printed(words, columns):
    found = CliRunner(env={"COLUMNS": columns}).invoke(app, words)
    assert found.exit_code == 0, found.output
    return found.stdout
