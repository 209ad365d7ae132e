"""Command lines of all kinds: an answer with figures that can be true, or one line and exit code 2."""

import os
from pathlib import Path
from shutil import copy

import pytest

from tests.cli.commands import files
from tests.fuzz import oracles
from tests.fuzz.hunting import Outcome, emptied
from tests.fuzz.running import ended
from tests.fuzz.strategies.command_lines import DESCRIPTIONS, EXAMPLES, CommandLine, command_lines

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore")]

CASES = 10_000
LINES_OF_HELP = 3


def check_command_line(case: CommandLine, places: dict[str, Path]) -> Outcome:
    """Exit code 0, and records that can be true where JSON was asked for; or 1 or 2 and lines of errors."""
    for name in ("out", "here"):
        emptied(places[name])
    copy(places["kept"], places["store"])  # a case may write into it
    description = _placed(case.description.decode("utf-8", errors="replace"), places).encode()
    for name in ("sweep", "search"):
        places[name].write_bytes(description)
    found = ended([_placed(word, places) for word in case.words])
    oracles.expect("Traceback" not in found.error + found.out, f"a traceback: {found.error}")
    oracles.expect(found.code in (0, 1, 2), f"exit code {found.code}")
    if found.code == 0:
        if "--json" in case.words and not {"-h", "--help"} & set(case.words):
            for line in found.out.splitlines():
                oracles.plausible(oracles.json_line(line))
        return "simulated"
    errors = found.error.splitlines()
    oracles.expect(errors, "no word on stderr")
    oracles.expect(all(len(line) <= oracles.LONGEST_LINE for line in errors), "a line without end")
    if found.code == 2:
        oracles.expect(
            all(line.startswith(("error: ", "remark: ")) for line in errors), f"not lines of errors: {found.error}"
        )
    return "refused"


def _placed(text: str, places: dict[str, Path]) -> str:
    for name, path in places.items():
        text = text.replace(f"{{{name}}}", str(path))
    return text


def made(folder: Path) -> dict[str, Path]:
    """What command lines read, by placeholder; every case has a copy of the store that is kept."""
    found = files(folder)
    (folder / "here").mkdir()
    return found | {"kept": found["store"], "store": found["out"] / "store.db", "here": folder / "here"}


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Paths by placeholder; the working folder is an empty one, and there is one worker, this process."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    found = made(tmp_path)
    monkeypatch.chdir(found["here"])
    return found


@pytest.mark.parametrize("part", range(4))
def test_command_lines(fuzz, places, part):
    fuzz("commands", CASES // 4, command_lines(), lambda case: check_command_line(case, places))


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_changed_works(places, name):
    described = DESCRIPTIONS.get(name, "").encode()
    assert check_command_line(CommandLine((name, *EXAMPLES[name]), described), places) == "simulated"
