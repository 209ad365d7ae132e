"""Hundreds of command lines with a hostile value at every option of every command: a line that names it, no more."""

import time

import pytest
from typer.main import get_command

from sparsesim.cli import main
from sparsesim.cli.app import COMMANDS, app
from sparsesim.cli.words import MOST_CHARACTERS, fault_of_number, fault_of_word
from tests.cli.commands import EXAMPLES, files
from tests.fuzz.hunting import is_long

HOSTILE = [
    "",
    " ",
    "-1",
    "0",
    "1e999999999",
    "9" * 5001,
    "99999999999999999999",
    "nan",
    "²",
    "٣x٣",
    "a\0b",
    "\udcff",
    "\x1b[31m\n",
    "=x",
    "..",
    "x" * (MOST_CHARACTERS + 1),
]
EVERY = 3
"""Of the values, so many are shared out over neighbouring options; the long profile has them all everywhere."""
LONGEST_S = 20
"""For one command line on a busy machine; nothing here is meant to simulate anything large."""


def cases():
    for name in COMMANDS:
        for parameter in get_command(app).get_command(None, name).params:
            if parameter.param_type_name == "argument" or not getattr(parameter, "is_flag", False):
                yield name, parameter


def words_with(words, parameter, value):
    """The example with the value behind the option, or in the place of the argument."""
    if parameter.param_type_name != "argument":
        return [*words, f"{max(parameter.opts, key=len)}={value}"]
    place = {"n": 1, "k": 2, "name": 1, "b": 1}.get(parameter.name, 0)
    return [*words[:place], value, *words[place + (parameter.name != "b") :]]


@pytest.fixture
def called(tmp_path, monkeypatch, capfd):
    """Runs the program in a folder of its own; exit code, what it printed on stderr, and seconds."""
    monkeypatch.chdir(tmp_path)

    def run(words):
        monkeypatch.setattr("sys.argv", ["sparsesim", *words])
        started = time.perf_counter()
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, capfd.readouterr().err, time.perf_counter() - started

    return run


@pytest.mark.parametrize(
    ("number", "name", "parameter"),
    [(number, *case) for number, case in enumerate(cases())],
    ids=lambda each: getattr(each, "name", each),
)
def test_a_hostile_word_is_refused_in_a_line_or_means_something(called, tmp_path, number, name, parameter):
    words = HOSTILE if is_long() else HOSTILE[number % EVERY :: EVERY]
    placeholders = files(tmp_path)
    example = [word.format(**placeholders) for word in EXAMPLES[name]]
    faults = [fault for value in words if (fault := fault_of(called, name, example, parameter, value))]
    assert not faults


def fault_of(called, name, example, parameter, value):
    """What is wrong with how the program answers, or nothing."""
    code, told, seconds = called([name, *words_with(example, parameter, value)])
    lines = [line for line in told.splitlines() if line.startswith("error: ")]
    shown = value.strip()[:20].encode("unicode_escape").decode()
    names = (max(parameter.opts, key=len).lstrip("-"), parameter.name, shown, value, "1e+20")
    good = {
        "exit code": code in (0, 2),
        "traceback": "Traceback" not in told and "internal:" not in told,
        "time": seconds < LONGEST_S,
        "error and exit code": bool(lines) == (code == 2),
        "line": all(line.isprintable() and len(line) < 1000 for line in lines),
        "option or value": not lines or any(word in told for word in names),
    }
    return [value[:40], code, told[:300], seconds, bad] if (bad := [what for what in good if not good[what]]) else None


@pytest.mark.parametrize(
    ("word", "kind", "reason"),
    [
        ("x" * MOST_CHARACTERS, None, ""),
        ("x" * (MOST_CHARACTERS + 1), None, "must have at most 4,096 characters, not 4,097"),
        ("a\0b", None, "must not contain NUL"),
        ("\udcff", None, "must be text: it has bytes that stand for no character here"),
        (str(2**63 - 1), int, ""),
        (str(2**63), int, "must lie between -2^63 and 2^63"),
        (str(-(2**63)), int, "must lie between -2^63 and 2^63"),
        ("1" * 65, int, "must be a number of at most 64 characters"),
        ("0" * 64, int, ""),
        ("²", int, "must be a valid integer"),
        ("٣", int, "must be a valid integer"),
        ("٣.5", float, "must be a valid number"),
        ("1e308", float, ""),
        ("1e309", float, "must be a finite number"),
        ("nan", float, "must be a finite number"),
        ("many", int, ""),  # Typer says that this is no number
    ],
)
def test_words_and_numbers_have_bounds(word, kind, reason):
    assert (fault_of_word(word) or fault_of_number(word, kind)) == reason


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["gemm", "8", "8", "8", "--seed", "-1"],
            "--seed: '-1': must be greater than or equal to 0; see sparsesim gemm",
        ),
        (["gemm", "8", "8", "8", "--seed"], "--seed: needs a value; see sparsesim gemm --help"),
        (["gemm", "8", "8", "8", "--json=3"], "--json: takes no value; see sparsesim gemm --help"),
        (["gemm", "8", "8", "²"], "k: '²': must be a valid integer; see sparsesim gemm --help"),
        (["gemm", "8", "8", "0"], "k: '0': must be greater than or equal to 1; see"),
        (["gemm", "2147483648"] + ["2147483648"] * 2, "gemm: M x N x K: 2147483648 x 2147483648 x 2147483648 is more"),
        (["compare", "digits-cnn", "-s", "1e400"], "--sparsity: '1e400': must be a finite number; see"),
        (["compare", "digits-cnn", "--size", "²x3"], "--size: '²x3': whole numbers separated by 'x' are needed"),
        (["compare", "digits-cnn", "--size", "1x" + "9" * 19], "--size: '1x9999999999999999999': whole numbers"),
        (["compare", "digits-cnn", "--baseline", "sparsity=abc"], "--baseline: sparsity: 'abc': numbers"),
        (["merge", "a.npz", "-o", "b.npz", "--keep", "ip1=٣"], "--keep: 'ip1=٣': LAYER=NUMBER is needed"),
        (["evaluate", "digits-cnn", "-i", "digits", "--scale", "1e999999999"], "--scale: '1e999999999': an exponent"),
        (["evaluate", "digits-cnn", "-i", "digits", "--scale", "1e999"], "--scale: '1e999': must be a finite number"),
        (["evaluate", "digits-cnn", "-i", "digits", "--mean", "9" * 65], "--mean: '9999"),
    ],
)
def test_a_fault_is_a_line_with_option_and_value(called, words, line):
    code, told, seconds = called(words)
    assert (code, told.count("\n")) == (2, 1)
    assert told.startswith(f"error: {line}")
    assert seconds < LONGEST_S
