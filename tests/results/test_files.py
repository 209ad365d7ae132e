"""Tables written and read back."""

import math

import pandas as pd
import pytest

from sparsesim.errors import InputError
from sparsesim.results import read_results, result_table, totals, write_table
from tests.results.made_up import made_up, refused


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


def two_kinds():
    """Whole numbers with and without gaps, shares, words that look like numbers or are missing, and µ."""
    return result_table(
        [
            made_up("1", note="7", counts={"mult_fp16": 24}),
            made_up("µ", dram_bytes={"A": 3, "partial": 2**53 + 1}, a_density=0.3),
            refused("3", "not 2:4 µ"),
        ]
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_comes_back_as_it_was(tmp_path, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    table, path = two_kinds(), tmp_path / f"table{suffix}"
    write_table(table, path)
    back = read_results(path)
    assert list(back["note"]) == ["7", "", "not 2:4 µ"]
    assert list(back["bottleneck"]) == ["memory", "memory", ""]
    words = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    assert (back[words].astype(str) == table[words]).all(axis=None)
    pd.testing.assert_frame_equal(back.drop(columns=words), table.drop(columns=words))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_rows_that_were_picked_out_are_numbered_from_0_again(tmp_path, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"table{suffix}"
    write_table(two_kinds().iloc[[2, 0]], path)
    back = read_results(path)
    assert list(back.index) == [0, 1]
    assert list(back["layer"].astype(str)) == ["3", "1"]
    assert back.columns[0] == "network"


def test_a_log_without_remarks_is_read_like_any_other(tmp_path):
    (tmp_path / "run.jsonl").write_text('{"layer": "µ", "macs": 1}\n{"layer": "b", "note": "x", "macs": 2}\n', "utf-8")
    back = read_results(tmp_path / "run.jsonl")
    assert back.to_dict("list") == {"layer": ["µ", "b"], "macs": [1, 2], "note": ["", "x"]}


@pytest.mark.parametrize("name", ["null", "NA", "None", "nan"])
def test_a_network_may_be_called_like_a_missing_value(tmp_path, name):
    """Taken for one, its refusals would find no point to belong to."""
    write_table(result_table([made_up(network=name), refused("two", network=name)]), tmp_path / "table.csv")
    back = read_results(tmp_path / "table.csv")
    assert list(back["network"]) == [name, name]
    assert totals(back)["status"].tolist() == ["refused"]


def test_columns_of_whole_numbers_stay_whole_in_a_csv(tmp_path):
    write_table(result_table([made_up()]), tmp_path / "table.csv")
    back = read_results(tmp_path / "table.csv")
    assert (back["dram_A_bytes"].item() + 1, back["count_mult_fp16"].item() + 1) == (17, 25)
    assert str(back["dram_A_bytes"].dtype) == "int64"
