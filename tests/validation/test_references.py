"""What every reference must offer; runs over the whole registry."""

import json
import re
from math import isfinite

import pytest
import yaml
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.shipped import shipped_file, shipped_names
from sparsesim.validation import REFERENCES, Row, reference_by_name

UNITS = re.compile(
    r"""(?x)
    \b(us|uJ|mm2|bytes|cycles|MB|W)\b | nJ/FLOP | GFLOP/s | %                        # a unit
    | \b(ratio|reduction|utilisation|FLOP\ per\ compulsory\ byte)\b | traffic\ /     # one number over another
    | \b(parameters|weights\ K|MACs\ G|FLOP\ M|multiplies|elements|columns|rounds)\b # a count of what is named
    | fan-in | nnz | merge-layer\ load
    """
)
"""What a metric must say: the unit of its value, or what is counted or divided."""


def quietly(words):
    """No progress."""


@pytest.mark.parametrize("name", REFERENCES)
def test_it_is_described_and_its_values_are_shipped(name):
    assert REFERENCES[name].name == name
    assert len(REFERENCES[name].description) > 20
    assert name in shipped_names("models/validation", ".yaml")


@pytest.mark.parametrize("name", [name for name in REFERENCES if REFERENCES[name].needs_data])
@pytest.mark.parametrize("missing", ["empty", "absent"])
def test_without_data_one_line_tells_what_is_wanted(name, missing, tmp_path):
    data = tmp_path if missing == "empty" else tmp_path / "none"
    with pytest.raises(InputError, match=r"wanted: .*--data or SPARSESIM_DATA; .*https://") as caught:
        REFERENCES[name](data, quietly)
    assert str(caught.value).startswith(f"{data}: no ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in REFERENCES if not REFERENCES[name].needs_data])
def test_shipped_descriptions_alone_will_do(name, tmp_path):
    reference = REFERENCES[name](tmp_path, quietly)
    assert reference.rows()
    assert reference.notes()


@pytest.mark.parametrize("name", REFERENCES)
def test_rows_are_finite_sourced_and_unique(name, opened):
    rows = opened[name].rows()
    assert all(isinstance(row, Row) and row.reference == name for row in rows)
    assert all(isfinite(row.published) and isfinite(row.simulated) and isfinite(row.error_pct) for row in rows)
    assert all(row.published > 0 and row.simulated > 0 for row in rows)
    assert all(row.case and row.metric and row.source for row in rows)
    assert len({(row.case, row.metric) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", REFERENCES)
def test_metrics_name_their_unit(name, opened):
    metrics = dict.fromkeys(row.metric for row in opened[name].rows())
    assert not [metric for metric in metrics if not UNITS.search(metric)]


@pytest.mark.parametrize("name", REFERENCES)
def test_fitted_rows_are_marked_and_are_not_all(name, opened):
    flags = {row.fitted for row in opened[name].rows()}
    assert flags <= {True, False}
    assert False in flags


@pytest.mark.parametrize("name", REFERENCES)
def test_every_note_of_the_file_is_rendered_from_figures(name, opened):
    """A key of `note_figures` that the file does not hold is a misspelt one."""
    notes = yaml.safe_load(shipped_file("reference", name, "models/validation", ".yaml").read_text())["notes"]
    assert opened[name].note_figures().keys() <= notes.keys()
    lines = opened[name].notes()
    assert lines
    assert not [line for line in lines if "\n" in line or "{" in line]


@pytest.mark.parametrize("name", REFERENCES)
def test_cases_are_alike(name, opened):
    cases = opened[name].cases()
    assert cases
    assert len({tuple(case) for case in cases}) == 1


@pytest.mark.parametrize("name", REFERENCES)
def test_json_is_an_object_per_row_and_notes_go_to_stderr(name, opened, monkeypatch):
    """With the opened reference, so that nothing is simulated again."""
    monkeypatch.setitem(REFERENCES, name, lambda data, progress: opened[name])
    result = CliRunner().invoke(app, ["validate", name, "--json"])
    assert result.exit_code == 0
    records = [json.loads(line, parse_constant=pytest.fail) for line in result.stdout.splitlines()]
    assert records == [row.as_object() for row in opened[name].rows()]
    assert result.stderr.splitlines() == opened[name].notes()


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean sparch"):
        reference_by_name("sparhc")
