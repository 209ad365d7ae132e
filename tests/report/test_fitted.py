"""Tables on lines of a given width."""

from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

from sparsesim.report.fitted import TOGETHER, HeadedTable, fitted

LABEL, FIGURE = "left", "right"


def sample(kind=Table):
    table = kind(title="A title")
    for name, justify in (
        *(("machine", LABEL), ("format", LABEL), ("time", FIGURE), ("energy ratio", FIGURE)),
        *(("of which", LABEL), ("cycles", FIGURE)),
    ):
        table.add_column(name, justify=justify)
    table.add_row("a100-pcie", "dense", "32.5 µs", "1.00x", f"dram{TOGETHER}68%, sram{TOGETHER}3%", "45,802")
    table.add_row("core-i7-5930k", "nm-2:4", "1,234 ms", "0.0043x", f"register{TOGETHER}100%", "123,456,789")
    return table


def lines(table, width, keys=2):
    out = Console(width=width, record=True, file=StringIO())
    for part in fitted(table, width, keys):
        out.print(part, highlight=False)
    return [line.rstrip() for line in out.export_text().splitlines()]


def test_a_table_with_room_is_one_with_a_row_per_line():
    assert lines(sample(), 90) == [
        "A title",
        "machine        format      time  energy ratio  of which                cycles",
        "─" * 77,
        "a100-pcie      dense    32.5 µs         1.00x  dram 68%, sram 3%       45,802",
        "core-i7-5930k  nm-2:4  1,234 ms       0.0043x  register 100%      123,456,789",
        "",
    ]


def test_headers_and_text_wrap_before_columns_move_down():
    assert lines(sample(), 70) == [
        "A title",
        "                                    energy",
        "machine        format      time      ratio  of which            cycles",
        "─" * 70,
        "a100-pcie      dense    32.5 µs      1.00x  dram 68%,           45,802",
        "                                            sram 3%",
        "core-i7-5930k  nm-2:4  1,234 ms    0.0043x  register 100%  123,456,789",
        "",
    ]
    continued = lines(sample(), 60)[7:]
    assert continued == [
        "machine        format       cycles",
        "─" * 34,
        "a100-pcie      dense        45,802",
        "core-i7-5930k  nm-2:4  123,456,789",
        "",
    ]


@pytest.mark.parametrize("width", [36, 40, 50, 60, 66, 70, 80, 120])
@pytest.mark.parametrize("kind", [Table, HeadedTable])
def test_every_figure_is_whole_at_every_width_and_every_row_named_in_every_part(width, kind):
    shown = lines(sample(kind), width)
    text = "\n".join(shown)
    assert max(map(len, shown)) <= width
    assert "…" not in text
    figures = (
        "32.5 µs",
        "1.00x",
        "45,802",
        "1,234 ms",
        "0.0043x",
        "123,456,789",
        "dram 68%",
        "sram 3%",
        "register 100%",
    )
    for figure in figures:
        assert text.count(figure) == 1, figure
    parts = text.count("machine")
    assert text.count("a100-pcie") == text.count("core-i7-5930k") == text.count("nm-2:4") == parts
    assert parts == 1 or width < 80


def test_headings_stand_above_their_rows_under_one_header():
    table = HeadedTable()
    table.add_column("machine")
    table.add_column("time", justify="right")
    table.add_heading("net: none")
    table.add_row("a", "1 s")
    table.add_row("b", "20 s")
    table.add_heading("net: 2:4")
    table.add_row("longest", "3 s")
    assert lines(table, 80, 1) == [
        *("machine  time", "─" * 13, "net: none", "a         1 s", "b        20 s", "net: 2:4", "longest   3 s", ""),
    ]


def test_text_in_brackets_is_no_markup():
    table = Table()
    table.add_column("network")
    table.add_column("")
    table.add_row("\\[a]", "")
    assert lines(table, 80, 1)[2] == "[a]"
