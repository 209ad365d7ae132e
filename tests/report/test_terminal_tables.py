"""Tables for the terminal, and quantities as people read them."""

import pytest

from sparsesim.report import readable, table
from sparsesim.results import compare_to_baseline, totals

BASELINE = {"machine": "a100-pcie", "pruner": "none", "format": "dense"}


def cells(shown):
    return {column.header: list(column.cells) for column in shown.columns}


def test_the_table_tells_the_fastest_format_and_what_was_refused(layers):
    compared = compare_to_baseline(totals(layers), BASELINE)
    shown = table.best_table(compared)
    assert shown.row_count == 6
    columns = cells(shown)
    assert columns["refused"][1] == "1 of 2"
    compressed = table.best_table(compared[compared.format == "nm-2:4"])
    assert "all 1" in cells(compressed)["refused"]
    assert columns["speedup"][0] == "1.00x"
    lines = table.refusals(totals(layers))
    assert lines
    assert all(" refused: " in line and "not 2:4: row" in line for line in lines)


def test_every_row_has_the_figures_of_the_fastest_point(layers):
    compared = compare_to_baseline(totals(layers), BASELINE)
    columns = cells(table.best_table(compared))
    for number, machine in enumerate(columns["machine"]):
        pruner = columns["pruner"][number].split()[0]
        rows = compared[(compared.machine == machine) & (compared.pruner == pruner) & (compared.status == "ok")]
        best = rows.sort_values("seconds", kind="stable").iloc[0]
        assert columns["fastest format"][number] == best["format"]
        assert columns["time"][number] == readable.seconds(best["seconds"])
        assert columns["speedup"][number] == f"{best['speedup']:.2f}x"
        assert columns["bottleneck"][number] == best["bottleneck"]
        assert columns["energy"][number] == readable.joules(best["energy_total_pj"])
        assert columns["energy ratio"][number] == f"{best['energy_ratio']:.2f}x"
        assert columns["dynamic"][number] == readable.joules(best["energy_dynamic_pj"])
        assert columns["dynamic ratio"][number] == f"{best['dynamic_energy_ratio']:.2f}x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (readable.seconds(1.234e-5), "12.3 µs"),
        (readable.seconds(0), "0 s"),
        (readable.joules(4.56e9), "4.56 mJ"),
        (readable.size(1_234_567), "1.23 MB"),
        (readable.size(12), "12 B"),
    ],
)
def test_numbers_for_people(text, expected):
    assert text == expected
