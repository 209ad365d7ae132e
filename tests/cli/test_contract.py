"""What holds for every command in the registry; a new one needs an example in `commands` and nothing here."""

import ast
import inspect
import json
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from sparsesim.cli import main
from sparsesim.cli.app import COMMANDS, app
from tests.cli.commands import EXAMPLES, files

OWN_MEANING = {
    "--output": set(COMMANDS),  # a folder, a network, a plan or a picture
    "--pruner": {"compare", "tradeoff"},
    "--sparsity": {"gemm", "compare", "shrink", "explain"},
    "--format": {"imbalance", "explain"},
    "--machine": {"explain"},  # one
    "--gemm": {"crossover"},  # a side may be the size
    "--round-to": {"shrink"},  # channels
    "--energy": {"price"},  # a table
    "--store": {"explore"},  # of trials
    "--workers": {"explore"},
    "--layers": {"results", "price"},  # a row each
    "--parquet": {"run"},  # beside CSV
    "--inputs": {"prune"},  # without labels
    "--activations": {"compare", "evaluate"},  # read by one, written by the other
}
"""Options whose help may differ in these commands."""

SUFFIXES = {"digits-cnn": ".npz", "sparch": ".yaml", "a100-pcie": ".yaml"}
"""Of files that may stand in the place of shipped names in the examples."""

WITHOUT_FILES = {"gemm", "list", "validate"}
"""Commands whose examples name no file of a user, and nothing that may be one."""


def function(name):
    module, function = COMMANDS[name].home.split(":")
    return getattr(import_module(f"sparsesim.cli.{module}"), function)


def parameters(name):
    group = get_command(app)
    return group.get_command(None, name).params


@pytest.fixture
def example(tmp_path):
    placeholders = files(tmp_path)
    return lambda name: [word.format(**placeholders) for word in EXAMPLES[name]]


@pytest.fixture
def refused(monkeypatch, capfd):
    """Runs the program; exit code 2, nothing on stdout, and on stderr what is returned."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["sparsesim", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        out, error = capfd.readouterr()
        assert (end.value.code, out) == (2, "")
        return error.strip().splitlines()

    return run


def test_every_command_has_an_example():
    assert EXAMPLES.keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_registry_is_the_first_of_the_docstring(name):
    assert inspect.getdoc(function(name)).splitlines()[0] == COMMANDS[name].help
    assert COMMANDS[name].help.endswith(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_tells_every_option(name):
    for alias in ("--help", "-h"):
        found = CliRunner().invoke(app, [name, alias])
        assert found.exit_code == 0, found.output
        assert COMMANDS[name].help.split(":")[0][:40] in found.stdout
    for parameter in parameters(name):
        assert parameter.help, f"{name}: {parameter.name} has no help"
        assert parameter.help.endswith("."), f"{name}: {parameter.name}: {parameter.help!r} has no period"


def test_an_option_has_the_same_help_everywhere():
    known = {}
    for name in COMMANDS:
        for parameter in parameters(name):
            option = parameter.opts[0]
            if option.startswith("-") and name not in OWN_MEANING.get(option, ()):
                first, text = known.setdefault(option, (name, parameter.help))
                assert parameter.help == text, f"{option} of {name} and of {first}"


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_named(refused, example, name):
    error = refused(name, *example(name), "--zzz")
    assert error == [f"error: No such option: --zzz; see sparsesim {name} --help"]


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - WITHOUT_FILES))
def test_a_file_that_is_missing_is_one_line(refused, example, tmp_path, name):
    words, written = example(name), str(tmp_path / "written")
    own = [word for word in words if word.startswith(str(tmp_path)) and not word.startswith(written)]
    read = next(word for word in [*own, *words] if word in own or word in SUFFIXES)
    missing = str(tmp_path / f"nowhere{SUFFIXES.get(read, Path(read).suffix)}")
    error = refused(name, *[missing if word == read else word for word in words])
    assert len(error) == 1
    assert error[0].startswith(f"error: {missing}")


@pytest.mark.parametrize("name", COMMANDS)
def test_json_is_all_that_reaches_stdout(example, name):
    found = CliRunner().invoke(app, [name, *example(name), "--json"])
    assert found.exit_code == 0, found.output
    records = [json.loads(line) for line in found.stdout.splitlines()]
    assert records
    rows = records[0] if name in ("imbalance", "tradeoff") else records  # these print a table as one list
    assert all(isinstance(row, dict) for row in rows)


def test_every_function_that_is_written_as_a_command_has_a_line(repository):
    written = {
        f"{path.stem}:{part.name}"
        for path in (repository / "sparsesim" / "cli").glob("*.py")
        for part in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")
        if any(ast.unparse(argument) == "as_json: Json" for argument in (*part.args.args, *part.args.kwonlyargs))
    }
    assert written == {command.home for command in COMMANDS.values()}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_ends_with_an_example_that_is_understood(name):
    """Options in panels, those on what is printed last; nothing is wider than a terminal of 80 columns."""
    text = CliRunner().invoke(app, [name, "--help"]).stdout
    lines = text.rstrip().splitlines()
    assert max(map(len, lines)) <= 80
    panels = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert panels[-2:] == ["Output:", "Example:"]
    assert {"--json", "--quiet", "--verbose", "--help"} <= set(text.split("Output:")[1].replace(",", " ").split())
    program, command, *words = shlex.split(lines[-1])
    assert (program, command) == ("sparsesim", name)
    get_command(app).get_command(None, name).make_context(name, words)  # raises for what is not understood


def test_quiet_prints_the_result_alone_and_verbose_what_runs(example):
    told = {}
    for option in ("--quiet", "--json", "--verbose"):
        found = CliRunner().invoke(app, ["prune", *example("prune"), option])
        assert found.exit_code == 0, found.output
        told[option] = found
    assert told["--quiet"].stdout
    assert told["--quiet"].stdout in told["--verbose"].stdout
    assert "written: " in told["--verbose"].stdout
    assert not any(word in told["--quiet"].stdout for word in ("written", "note:", "busiest:"))
    assert told["--quiet"].stderr == told["--json"].stderr == ""
    assert re.fullmatch(r"prune: \d+\.\d\d s in all\n", told["--verbose"].stderr)


@pytest.mark.parametrize("machine", ["a100-pcie", "sparch"])
def test_what_to_do_on_a_violation_is_checked_on_every_machine(refused, machine):
    error = refused("gemm", 8, 8, 8, "-m", machine, "--on-violation", "maybe")
    assert error == ["error: on_violation: 'maybe' is none of 'unpack', 'refuse', 'dense'"]
