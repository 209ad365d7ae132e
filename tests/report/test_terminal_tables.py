"""Tables for the terminal, and quantities as people read them."""

import pytest

from sparsesim.report import readable, table
from sparsesim.report.fitted import TOGETHER
from sparsesim.results import compare_to_baseline, totals

BASELINE = {"machine": "a100-pcie", "pruner": "none", "format": "dense"}


def cells(shown):
    return {column.header: list(column.cells) for column in shown.columns}


def test_the_table_tells_the_fastest_format_and_what_was_refused(layers):
    compared = compare_to_baseline(totals(layers), BASELINE)
    shown = table.best_table(compared, "dense")
    assert shown.row_count == 6
    columns = cells(shown)
    assert columns["note"][1] == "1 of 2 refused"
    compressed = table.best_table(compared[compared.format == "nm-2:4"], "dense")
    assert "all 1 refused" in cells(compressed)["note"]
    assert columns["speedup"][0] == "1.00x"
    lines = table.refusals(totals(layers))
    assert lines
    assert all(" refused: " in line and "not 2:4: row" in line for line in lines)


def test_every_row_has_the_figures_of_the_fastest_point(layers):
    """Where dense is as fast but for 1 %, the row has the figures of dense, and names what it tied with."""
    compared = compare_to_baseline(totals(layers), BASELINE)
    shown = table.best_table(compared, "dense")
    columns, sections = cells(shown), list(compared.groupby(["pruner", "machine"], sort=False))
    assert len(sections) == shown.row_count
    for number, (_, points) in enumerate(sections):
        rows = points[points.status == "ok"].sort_values("seconds", kind="stable")
        dense = rows[rows.format == "dense"].iloc[0]
        tied = dense["seconds"] <= 1.01 * rows.iloc[0]["seconds"]
        best = dense if tied else rows.iloc[0]
        assert columns["fastest format"][number] == best["format"]
        assert columns["time"][number] == readable.seconds(best["seconds"])
        assert columns["speedup"][number] == readable.ratio(best["speedup"])
        assert columns["bottleneck"][number].split(TOGETHER)[0] == best["bottleneck"]
        assert columns["energy"][number] == readable.joules(best["energy_total_pj"])
        assert columns["energy ratio"][number] == readable.ratio(best["energy_ratio"])
        assert columns["dynamic"][number] == readable.joules(best["energy_dynamic_pj"])
        assert columns["dynamic ratio"][number] == readable.ratio(best["dynamic_energy_ratio"])
        others = rows[(rows.seconds <= 1.01 * rows.iloc[0]["seconds"]) & (rows.format != "dense")]
        assert ("within 1%" in columns["note"][number]) == (tied and len(others) > 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (readable.seconds(1.234e-5), "12.3 µs"),
        (readable.seconds(0), "0 s"),
        (readable.joules(4.56e9), "4.56 mJ"),
        (readable.size(1_234_567), "1.23 MB"),
        (readable.size(12), "12 B"),
        (readable.ratio(0.00432), "0.0043x"),
        (readable.ratio(0.85), "0.85x"),
        (readable.ratio(0.994), "0.99x"),
        (readable.ratio(0.996), "1.00x"),
        (readable.ratio(1.234), "1.23x"),
        (readable.ratio(9.996), "10.0x"),
        (readable.ratio(12.34), "12.3x"),
        (readable.ratio(1283.0), "1,280x"),
        (readable.ratio(0.0), "0x"),
        (readable.ratio(float("nan")), "-"),
        (readable.ratio(float("inf")), "-"),
        (readable.figure(0.123456), "0.1235"),
        (readable.figure(2.0), "2"),
        (readable.figure(12345.6), "12,350"),
        (readable.figure(-0.5), "-0.5"),
        (readable.figure(3.2e-9), "3.2e-09"),
    ],
)
def test_numbers_for_people(text, expected):
    assert text == expected
