import gzip
from typing import Annotated

import pytest
from pydantic import Field

from sparsesim.errors import InputError
from sparsesim.validation.measured_table import (
    Count,
    Milliseconds,
    Positive,
    PositiveOrNone,
    TableLine,
    Whole,
    missing_columns,
    read_table,
)


class TimesLine(TableLine):
    card: str
    rows: Annotated[Count, Field(alias="M")]
    groups: Whole
    sparsity: Annotated[float, Field(ge=0, lt=1)]
    dense_us: Positive
    sparse_us: PositiveOrNone


class BareLine(TableLine):
    rows: Count
    time: Milliseconds


HEADER = "card,M,groups,sparsity,dense_us,sparse_us,remark"
GOOD = "A100,64,0,0.5,20.5,,first"


@pytest.fixture
def table(tmp_path):
    def write(*lines):
        path = tmp_path / "times.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_columns_are_read_by_name_and_others_ignored(table):
    (line,) = read_table(table(HEADER, "", f" {GOOD}"), TimesLine)
    assert (line.card, line.rows, line.groups, line.sparsity) == ("A100", 64, 0, 0.5)
    assert (line.dense_us, line.sparse_us) == (20.5, None)


def test_a_table_may_be_gzipped_or_without_names(table, tmp_path):
    path = tmp_path / "times.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{GOOD}\n".encode()))
    assert read_table(path, TimesLine) == read_table(table(HEADER, GOOD), TimesLine)
    (line,) = read_table(table("64, 0.19ms, 3"), BareLine, ("rows", "time", "more"))
    assert (line.rows, line.time) == (64, 0.19)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("A100,64.5,0,0.5,20.5,", "M: a whole number above zero is needed, found '64.5'"),
        ("A100,0,0,0.5,20.5,", "M: a whole number above zero is needed, found '0'"),
        ("A100,64,-1,0.5,20.5,", "groups: a whole number is needed, found '-1'"),
        ("A100,64,0,1.0,20.5,", "sparsity: Input should be less than 1, found '1.0'"),
        ("A100,64,0,nan,20.5,", "sparsity: Input should be a finite number, found 'nan'"),
        ("A100,64,0,0.5,,", "dense_us: a number above zero is needed, found ''"),
        ("A100,64,0,0.5,inf,", "dense_us: a number above zero is needed, found 'inf'"),
        ("A100,64,0,0.5,20.5,-2", "sparse_us: a number above zero is needed, found '-2'"),
    ],
)
def test_a_value_out_of_range_is_named_with_file_line_column(table, line, message):
    path = table(HEADER, GOOD, f"{line},bad")
    with pytest.raises(InputError) as caught:
        read_table(path, TimesLine)
    assert str(caught.value) == f"{path}: line 3: {message}"


def test_a_unit_is_part_of_the_value(table):
    with pytest.raises(InputError, match=r"line 1: time: a number above zero in ms is needed, found '0\.19s'"):
        read_table(table("64,0.19s"), BareLine, ("rows", "time"))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("A100,64", "groups: 7 values are needed, found 2: 'A100,64'"),
        (f"{GOOD},x", f"remark: 7 values are needed, found 8: '{GOOD},x'"),
    ],
)
def test_lines_too_short_or_too_long_are_refused(table, line, found):
    path = table(HEADER, line)
    with pytest.raises(InputError) as caught:
        read_table(path, TimesLine)
    assert str(caught.value) == f"{path}: line 2: {found}"


def test_absent_columns_are_named(table):
    path = table("card,M", "A100,64")
    assert missing_columns(path, TimesLine) == ["groups", "sparsity", "dense_us", "sparse_us"]
    with pytest.raises(InputError, match=r"line 1: no column groups, .*, found card, M"):
        read_table(path, TimesLine)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_an_unreadable_file_is_one_line(tmp_path, content):
    path = tmp_path / "times.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"times\.csv: ") as caught:
        read_table(path, TimesLine)
    assert "\n" not in str(caught.value)


def test_a_broken_archive_is_one_line(tmp_path):
    path = tmp_path / "times.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" * 100)[:-12])
    with pytest.raises(InputError, match=r"times\.csv\.gz: "):
        read_table(path, TimesLine)
