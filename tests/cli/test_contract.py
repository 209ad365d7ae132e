"""What every command owes its users; runs over the whole registry, so a new command is tested once it has its line."""

import ast
import re
from importlib import import_module

import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import COMMANDS, app

every_command = pytest.mark.parametrize("name", COMMANDS)


def plain(text):
    """Help as one line, without boxes and colours."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", " ", text).split())


@every_command
def test_its_line_leads_to_a_function_with_a_docstring(name):
    module, function = COMMANDS[name].home.split(":")
    assert getattr(import_module(f"sparsesim.cli.{module}"), function).__doc__


@every_command
def test_its_help_is_one_short_sentence(name):
    assert re.fullmatch(r"[A-Z][^\n]{8,78}\.", COMMANDS[name].help)


@every_command
def test_help_shows_its_options_and_json_among_them(name):
    shown = CliRunner().invoke(app, [name, "--help"])
    assert shown.exit_code == 0
    assert "--json" in plain(shown.output)


@every_command
def test_an_option_that_it_does_not_have_is_refused(name):
    refused = CliRunner().invoke(app, [name, "--no-such-option"])
    assert refused.exit_code == 2
    assert "--no-such-option" in plain(refused.output)


def test_every_function_that_is_written_as_a_command_has_a_line(repository):
    written = {
        f"{path.stem}:{part.name}"
        for path in (repository / "sparsesim" / "cli").glob("*.py")
        for part in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")
        if any(ast.unparse(argument) == "as_json: Json" for argument in part.args.args)
    }
    assert written == {command.home for command in COMMANDS.values()}
