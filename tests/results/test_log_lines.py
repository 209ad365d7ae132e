"""Logs as an interruption, a full disk or an editor leaves them."""

import json
import logging

import pytest

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.results import read_results, result_table
from sparsesim.results.log_lines import whole_lines
from tests.results.made_up import made_up

ROWS = [json.dumps(made_up(layer).flat()) for layer in ("one", "two", "three")]


def written(tmp_path, content):
    path = tmp_path / "run.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("cut", [1, 2, len(ROWS[2]) // 2, len(ROWS[2]) - 1])
def test_a_row_that_was_cut_off_is_left_out_with_one_warning(tmp_path, caplog, cut):
    path = written(tmp_path, "\n".join(ROWS)[: cut - len(ROWS[2])])
    with caplog.at_level(logging.INFO):
        table = read_results(path)
    assert list(table["layer"]) == ["one", "two"]
    assert caplog.messages == [f"{path}: line 3 was cut off while it was written and is left out"]


@pytest.mark.parametrize("rest", [b"\0" * 300, '"layer": "µ'.encode()[:-1]], ids=["zeros", "half a sign"])
def test_what_a_crash_leaves_at_the_end_is_left_out(tmp_path, caplog, rest):
    table = read_results(written(tmp_path, f"{ROWS[0]}\n".encode() + rest))
    assert list(table["layer"]) == ["one"]
    assert len(caplog.messages) == 1


def test_a_last_row_without_its_end_of_line_counts(tmp_path, caplog):
    """It is whole: an editor may have taken the end of the line."""
    assert list(read_results(written(tmp_path, "\n".join(ROWS)))["layer"]) == ["one", "two", "three"]
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (ROWS[1][:40], "line 2 is not JSON: "),
        ("", "line 2 is not JSON: "),
        ("[" * 100_000, "line 2 is not JSON: nested too deeply"),
        ("9" * 5000, "line 2 is not JSON: "),
        ("17", "line 2 is not a result: 17"),
        ("null", "line 2 is not a result: null"),
        (b"\xff".decode("latin-1"), "line 2 is not JSON: "),
    ],
    ids=["half", "empty", "deep", "long number", "number", "null", "no JSON"],
)
def test_a_damaged_row_in_the_middle_is_named(tmp_path, line, message):
    path = written(tmp_path, f"{ROWS[0]}\n{line}\n{ROWS[2]}\n")
    with pytest.raises(InputError) as caught:
        read_results(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_a_row_that_is_no_text_is_named(tmp_path):
    path = written(tmp_path, f"{ROWS[0]}\n".encode() + b'{"layer": "\xff"}\n')
    with pytest.raises(InputError, match=r"run\.jsonl: line 2 is not JSON: 'utf-8' codec"):
        read_results(path)


def test_the_whole_lines_are_counted_in_bytes(tmp_path):
    content = '{"layer": "µ"}\n{"la'
    assert whole_lines(written(tmp_path, content)) == ([b'{"layer": "\xc2\xb5"}'], len(content.encode()) - 4)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_a_file_beyond_the_memory_is_refused_before_it_is_read(tmp_path, suffix):
    path = tmp_path / f"table{suffix}"
    table = result_table([made_up(str(number)) for number in range(100)])
    if suffix == ".jsonl":
        path.write_text(f"{ROWS[0]}\n" * 100)
    elif suffix == ".parquet":
        pytest.importorskip("pyarrow")
        table.to_parquet(path)
    else:
        table.to_csv(path)
    with (
        ss.memory_budget(10_000),
        pytest.raises(InputError, match=rf"table\{suffix}(: a table of 100 x .*)? needs .* of memory"),
    ):
        read_results(path)
    assert len(read_results(path)) == 100


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".csv", b",".join(b"c%d" % number for number in range(500)) + b"\n" + b"1\n" * 500),
        (".jsonl", b"".join(b'{"c%d":1}\n' % number for number in range(500))),
    ],
)
def test_a_table_of_gaps_is_refused_for_the_memory_it_takes(tmp_path, suffix, content):
    """Each of its cells takes 8 bytes, of which few are in the file."""
    path = tmp_path / f"table{suffix}"
    path.write_bytes(content)
    with ss.memory_budget(1_999_999), pytest.raises(InputError, match=r"a table of 500 x 500 needs 2 MB"):
        read_results(path)
    with ss.memory_budget(2_000_000):
        assert read_results(path).shape[1] == 500


def test_short_rows_are_refused_for_the_memory_they_take(tmp_path):
    path = written(tmp_path, '{"a":1}\n' * 1000)
    with ss.memory_budget(8 * 8000 + 240 * 1000 - 1), pytest.raises(InputError, match=r"run\.jsonl needs 304 kB"):
        read_results(path)


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".csv", b""),
        (".csv", b"layer,macs\n1,2,3,4\n5,6,7,8,9\n"),
        (".csv", b"layer,dram_A_bytes\none,many\n"),
        (".csv", b"layer\n\xff\n"),
        (".parquet", b""),
        (".parquet", b"PAR1 is how it begins PAR1"),
    ],
)
def test_damaged_tables_are_refused_in_a_line(tmp_path, suffix, content):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"table{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_results(path)
    assert str(caught.value).startswith(f"{path}: not a table: ")
    assert "\n" not in str(caught.value)
