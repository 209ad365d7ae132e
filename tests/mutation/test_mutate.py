"""The mutation check itself, on a package of a few lines."""

import ast
import json
from pathlib import Path

import pytest
import yaml

from tests.mutation import mutate
from tests.mutation.mutate import EXPLAINED, PACKAGES, Copy, drawn, proposed, summary, written
from tests.mutation.proposals import Mutant, Proposals

TOY = '''"""What it costs."""

def cost(prices: list[float], table: dict, limit: int = 3) -> float | None:
    """At most `limit`."""
    if not prices or limit < 0:
        raise ValueError("a limit below 0")
    prices.append(table["base"])
    table["seconds"] = round(min(prices[1:]) * 1.5, ndigits=2)
    return table["seconds"]
'''

TEST = """from sparsesim.toy import cost

def test_cost():
    assert cost([9.0, 4.0], {"base": 2.0}) == 3.0
"""


@pytest.fixture
def checkout(tmp_path):
    for name, text in {"sparsesim/__init__.py": "", "sparsesim/toy.py": TOY, "tests/test_toy.py": TEST}.items():
        path = tmp_path / "toy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "toy"


def faults(checkout):
    """(kind, line before, line after) of every mutant."""
    found = [mutant.described(TOY.encode()) for mutant in proposed(checkout / "sparsesim", ["toy.py"])]
    return {(each["kind"], each["before"], each["after"]) for each in found}


def test_every_kind_of_fault_is_proposed_and_nothing_else(checkout):
    check, last = "if not prices or limit < 0:", 'return table["seconds"]'
    signature = "def cost(prices: list[float], table: dict, limit: int = 3) -> float | None:"
    assignment = 'table["seconds"] = round(min(prices[1:]) * 1.5, ndigits=2)'
    refusal, append = 'raise ValueError("a limit below 0")', 'prices.append(table["base"])'
    assert faults(checkout) == {
        ("number", signature, signature.replace("3", "4")),
        ("number", signature, signature.replace("3", "6")),
        ("logic", check, "if not prices and limit < 0:"),
        ("logic", check, "if prices or limit < 0:"),
        ("comparison", check, "if not prices or limit <= 0:"),
        ("number", check, "if not prices or limit < 1:"),
        ("statement", refusal, "pass"),
        ("statement", append, "pass"),
        ("name", append, 'prices.append(table["seconds"])'),
        ("statement", assignment, "pass"),
        ("extreme", assignment, assignment.replace("min", "max")),
        ("slice", assignment, assignment.replace("[1:]", "[1 + 1:]")),
        ("number", assignment, assignment.replace("[1:]", "[2:]")),
        ("operator", assignment, assignment.replace("*", "/")),
        ("number", assignment, assignment.replace("1.5", "2.5")),
        ("number", assignment, assignment.replace("1.5", "3.0")),
        ("argument", assignment, 'table["seconds"] = round(min(prices[1:]) * 1.5, )'),
        ("number", assignment, assignment.replace("=2)", "=3)")),
        ("number", assignment, assignment.replace("=2)", "=4)")),
        ("return", last, "return None"),
        ("name", last, 'return table["base"]'),
    }


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        (
            'order = ("bytes", "macs")',
            {'order = ("macs", "bytes")', 'order = ("macs", "macs")', 'order = ("bytes", "bytes")'},
        ),
        ('shown = f"time [{unit}]"', {'shown = f"xtime [{unit}]"'}),
        ("axes.plot(x, linewidth=2)", {"pass"}),
        ("axes.grid(alpha=0.5)", set()),
        ("from __future__ import annotations", set()),
        ("cost: Literal['dram'] = known", set()),
    ],
)
def test_words_and_pictures(line, faults):
    source = f"{line}\n".encode()
    assert {Mutant("toy.py", *edit).described(source)["after"] for edit in Proposals(source).edits} == faults


def test_an_argument_that_must_be_given_is_not_left_out():
    source = b"draw(points, colour=1, title=name)"
    edits = Proposals(source, {"draw": {"title"}}).edits
    assert [Mutant("toy.py", *edit).applied(source) for edit in edits if edit[0] == "argument"] == [
        b"draw(points, colour=1, )"
    ]


def test_what_is_proposed_for_the_package_is_python(repository):
    mutants = proposed(repository / "sparsesim", PACKAGES["results"][0])
    assert {mutant.file.partition("/")[0] for mutant in mutants} == {"results"}
    for mutant in mutants:
        ast.parse(mutant.applied((repository / "sparsesim" / mutant.file).read_bytes()))


def test_draws_are_spread_over_kinds_and_can_be_repeated(checkout):
    mutants = proposed(checkout / "sparsesim", ["toy.py"])
    kinds = {mutant.kind for mutant in mutants}
    chosen = drawn(mutants, len(kinds), seed=3)
    assert {mutant.kind for mutant in chosen} == kinds
    assert chosen == drawn(mutants, len(kinds), seed=3) != drawn(mutants, len(kinds), seed=4)
    assert set(drawn(mutants, 1000, seed=0)) == set(mutants)


def test_a_fault_that_shows_is_found_and_taken_back(checkout, tmp_path):
    copy = Copy(checkout, tmp_path)
    mutants = {mutant.kind: mutant for mutant in proposed(copy.root / "sparsesim", ["toy.py"])}
    record = copy.with_fault(mutants["operator"], ["tests/test_toy.py"])
    assert (record["outcome"], record["test"]) == ("killed", "tests/test_toy.py::test_cost")
    for kind in ("operator", "comparison"):
        file = Path("sparsesim", mutants[kind].file)
        assert (copy.root / file).read_text() == (checkout / file).read_text() == TOY
        assert (copy.root / file).stat().st_mtime_ns == (checkout / file).stat().st_mtime_ns
    assert copy.with_fault(mutants["comparison"], ["tests/test_toy.py"])["outcome"] == "survived"


def test_a_survivor_is_told_apart_from_one_that_is_explained(checkout, tmp_path, monkeypatch, capsys):
    copy = Copy(checkout, tmp_path)
    chosen = [mutant for mutant in proposed(copy.root / "sparsesim", ["toy.py"]) if mutant.kind == "comparison"]
    monkeypatch.setitem(PACKAGES, "toy", (["toy.py"], ["tests/test_toy.py"]))
    monkeypatch.setattr(mutate, "proposed", lambda *_: chosen)
    described = chosen[0].described(TOY.encode())
    entry = {key: described[key] for key in ("file", "before", "after")} | {"reason": "nobody has no limit"}
    (found,) = mutate.tried("toy", 1, 0, copy, [entry])
    assert (found["outcome"], found["reason"], found["package"]) == ("explained", "nobody has no limit", "toy")
    (found,) = mutate.tried("toy", 1, 0, copy, [{**entry, "after": "something else"}])
    assert found["outcome"] == "survived"
    assert "survived  toy.py:5 comparison" in capsys.readouterr().out


def test_every_explanation_says_where_and_why():
    entries = yaml.safe_load(EXPLAINED.read_text())
    assert all(entry.keys() == {"file", "before", "after", "reason"} for entry in entries)
    assert len({(entry["file"], entry["before"], entry["after"]) for entry in entries}) == len(entries)


def test_the_table_counts_what_became_of_the_mutants(tmp_path):
    line = {"file": "toy.py", "line": 1, "kind": "number", "before": "a | 1", "after": "a | 2", "test": ""}
    outcomes = ("killed", "killed", "survived", "explained", "timeout")
    records = [{"package": "toy", "outcome": outcome, **line} for outcome in outcomes]
    assert summary(records).splitlines()[-2:] == ["| toy | 5 | 2 | 1 | 1 | 1 |", "| all | 5 | 2 | 1 | 1 | 1 |"]
    written(records, tmp_path / "mutants.json")
    assert json.loads((tmp_path / "mutants.json").read_text()) == records
    written(records, tmp_path / "mutants.md")
    assert "| killed | toy.py | 1 | number | a \\| 1 | a \\| 2 |  |" in (tmp_path / "mutants.md").read_text()
