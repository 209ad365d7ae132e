"""What YAML may say, and where it ends: each limit is stated in the line that it is refused with."""

import ast
import time
from pathlib import Path

import pytest
import yaml

from sparsesim import yaml_text
from sparsesim.errors import InputError
from sparsesim.yaml_file import Description, load_description
from sparsesim.yaml_text import MAX_DEPTH, MAX_FILE_BYTES, MAX_NUMBER_CHARACTERS, MAX_VALUES, parsed

PACKAGE = Path(yaml_text.__file__).parent
SHIPPED = sorted((PACKAGE.parent / "models").rglob("*.yaml"))
TENFOLD = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Nine lines that stand for a thousand million values."""


def refusal(text):
    """The one line that a text is refused with, which must not take long."""
    started = time.perf_counter()
    with pytest.raises(InputError) as caught:
        parsed(text)
    assert time.perf_counter() - started < 5
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 300
    return message


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_shipped_files_read_as_pyyaml_reads_them(path):
    text = path.read_text(encoding="utf-8")
    assert parsed(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing\n", None),
        ("a: 1\nb: [1.5, -2, 1_000, 0x1f, .5, 0, 0.25, -0]\n", {"a": 1, "b": [1.5, -2, 1000, 31, 0.5, 0, 0.25, 0]}),
        ("{a: yes, b: no, c: ~, d: null}", {"a": True, "b": False, "c": None, "d": None}),
        ("{a: '1', b: !!str 5, c: =}", {"a": "1", "b": "5", "c": "="}),
        ("a: 2020-99-99\nb: 128e9\n", {"a": "2020-99-99", "b": "128e9"}),
        ("a: &x [1, 2]\nb: *x\n", {"a": [1, 2], "b": [1, 2]}),
        ("1: a\n'2': b\n", {1: "a", "2": "b"}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
    ],
)
def test_plain_values(text, value):
    assert repr(parsed(text)) == repr(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: a: given twice, the first time in line 1"),
        ("a: {b: 1, c: 2,\n  b: 1}\n", "line 2: a.b: given twice, the first time in line 1"),
        ("a: [{b: 1},\n {b: 1, b: 2}]\n", "line 2: a.1.b: given twice, the first time in line 2"),
        ("1: a\n'1': b\n", "line 2: 1: given twice, the first time in line 1"),
        ("a: {x: 1}\nb: {<<: 1}\n", "line 2: b: '<<': merge keys are not read; write the fields out"),
        ("a: 1\nyes: 2\n", "line 2: 'yes': a key must be text, in quotes if it reads as something else"),
        ("a: 1\n? [b]\n: 2\n", "line 2: a key must be text, in quotes if it reads as something else"),
        ("a:\n - 1:30", "line 2: a.0: '1:30': base 60 or base 8 to some readers of YAML; write it in quotes, or out"),
        ("a: 010", "line 1: a: '010': base 60 or base 8 to some readers of YAML; write it in quotes, or out"),
        ("a: 1:30.5", "line 1: a: '1:30.5': base 60 or base 8 to some readers of YAML; write it in quotes, or out"),
        ('a: "\\e[31m"', "line 1: a: '\\x1b[31m': holds a control character"),
        ("a: !!bool maybe", "line 1: a: 'maybe': cannot be read as bool"),
        ("a: !!int x", "line 1: a: 'x': cannot be read as int"),
    ],
)
def test_what_reads_two_ways_is_refused_with_line_and_field(text, message):
    assert refusal(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.getcwd []",
        "a: !!python/name:os.getcwd",
        "a: !!binary aGk=",
        "a: !!set {x}",
        "a: !x",
    ],
)
def test_tags_are_refused(text):
    assert "line 1: a: not a readable YAML file: the tag " in refusal(text)


@pytest.mark.parametrize("text", ["a: [1", "a: *x", "a: 1\n---\nb: 2\n", "a: b: c", "a: @"])
def test_text_that_is_no_yaml_is_refused(text):
    assert refusal(text).startswith("not a readable YAML file: ")


def nested(depth, begin="{a: ", end="}"):
    return begin * depth + "1" + end * depth


@pytest.mark.parametrize(
    "text",
    [
        *(nested(depth, *pair) for depth in (MAX_DEPTH + 1, 1000) for pair in [("{a: ", "}"), ("[", "]")]),
        "{a: " * 100_000,
        "[" * 100_000,
        "- " * 100_000,
        "\n".join(" " * depth + "a:" for depth in range(1000)),
        "a: &a [*a]",
        "a: &a {b: {c: *a}}",
        "a0: &a0 [1]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}]\n" for i in range(1000)),
    ],
    ids=lambda text: f"{text[:3]}-{len(text)}",
)
def test_depth_is_limited(text):
    assert refusal(text).endswith(f"more than {MAX_DEPTH} mappings and lists within each other, which is the limit")


def test_the_deepest_that_is_read():
    value = parsed(nested(MAX_DEPTH))
    for _ in range(MAX_DEPTH):
        value = value["a"]
    assert value == 1
    parsed(nested(MAX_DEPTH, "[", "]"))


@pytest.mark.parametrize("text", [TENFOLD, "[" + "1," * MAX_VALUES + "]"], ids=["aliases", "written out"])
def test_the_number_of_values_is_limited(text):
    assert f"more than {MAX_VALUES} values, which is the limit" in refusal(text)


def test_the_most_values_that_are_read():
    assert len(parsed("[" + "1," * (MAX_VALUES - 1) + "]")) == MAX_VALUES - 1


@pytest.mark.parametrize(
    "number", ["9" * 5001, "9" * (MAX_NUMBER_CHARACTERS + 1), "1:" * 3000 + "1", "0x" + "f" * 5000]
)
def test_the_length_of_numbers_is_limited(number):
    words = f"line 2: b: a number of {len(number)} characters; the limit is {MAX_NUMBER_CHARACTERS}"
    assert refusal(f"a: 1\nb: {number}\n") == words


def test_the_longest_number_that_is_read():
    assert parsed("9" * MAX_NUMBER_CHARACTERS) == 10**MAX_NUMBER_CHARACTERS - 1


class Note(Description):
    text: str


def test_the_size_of_a_file_is_limited(tmp_path):
    path = tmp_path / "note.yaml"
    path.write_text("text: x\n" + "#" * (MAX_FILE_BYTES - 8))
    assert load_description(path, Note).text == "x"
    path.write_text("text: x\n" + "#" * (MAX_FILE_BYTES - 7))
    with pytest.raises(InputError, match=r"note\.yaml: longer than 4\.19 MB, which is the limit of a YAML file"):
        load_description(path, Note)


def test_a_limit_names_the_file(tmp_path):
    path = tmp_path / "note.yaml"
    path.write_text("text: x\ntext: y\n")
    with pytest.raises(InputError) as caught:
        load_description(path, Note)
    assert str(caught.value) == f"{path}: line 2: text: given twice, the first time in line 1"


def test_all_yaml_of_the_package_is_read_here():
    """Elsewhere, `yaml` only writes."""
    for file in PACKAGE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        taken = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not any(str(name).partition(".")[0] in ("yaml", "ruamel") for name in taken), file
        if file.name != "yaml_text.py" and "yaml" in imported:
            used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "yaml"}
            assert used == {"safe_dump"}, file
