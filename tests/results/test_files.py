"""Tables written and read back."""

import math

import pytest

from sparsesim.errors import InputError
from sparsesim.results import read_results, result_table, totals, write_table
from tests.results.made_up import made_up


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_tables_survive_a_file(results, tmp_path, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"table{suffix}"
    table = totals(result_table(results))
    write_table(table, path)
    back = read_results(path)
    assert list(back.columns) == list(table.columns)
    assert math.isclose(back["seconds"].sum(), table["seconds"].sum())


def test_empty_notes_stay_empty(tmp_path):
    write_table(result_table([made_up()]), tmp_path / "table.csv")
    assert read_results(tmp_path / "table.csv")["note"].item() == ""


def test_unknown_suffixes_are_named(tmp_path):
    table = result_table([made_up()])
    with pytest.raises(InputError, match=r"a\.xls: unknown suffix '\.xls'; use \.csv or \.parquet"):
        write_table(table, tmp_path / "a.xls")
    (tmp_path / "a.txt").touch()
    with pytest.raises(InputError, match=r"a\.txt: unknown suffix '\.txt'; use \.csv, \.parquet, \.jsonl"):
        read_results(tmp_path / "a.txt")
    with pytest.raises(InputError, match="no such file"):
        read_results(tmp_path / "missing.csv")


def test_a_line_that_is_not_json_is_named(tmp_path):
    (tmp_path / "run.jsonl").write_text('{"layer": "one"}\noops\n')
    with pytest.raises(InputError, match=r"run\.jsonl: line 2 is not JSON"):
        read_results(tmp_path / "run.jsonl")
