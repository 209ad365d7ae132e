"""Cells of the tables for the terminal, worked out by hand."""

import pytest

from sparsesim.report import readable, table
from sparsesim.results import compare_to_baseline, result_table, totals
from tests.results.made_up import made_up, refused

ENERGY = {"dram": 6e9, "sram": 1e9, "register": 0.0, "mac": 3e9, "logic": 0.0, "dynamic": 10e9, "total": 10e9}


def rows(shown):
    return [list(cells) for cells in zip(*(column.cells for column in shown.columns), strict=True)]


def test_the_best_of_every_machine():
    """The second format is twice as fast as the baseline; a machine that refuses one format, and one that refuses all.

    Networks, pruners and machines stand in the order in which they were simulated.
    """
    pruned = {"pruner": "magnitude", "sparsity": 0.75}
    results = [
        made_up(network="z", seconds=4e-3, energy_pj=ENERGY),
        made_up(
            network="z",
            seconds=2e-3,
            format="csr",
            bottleneck="compute",
            energy_pj={**ENERGY, "mac": 8e9, "dynamic": 4e9},
        ),
        made_up(network="z", machine="a", seconds=1.0, energy_pj={**ENERGY, "static": 30e9, "total": 40e9}),
        refused(network="z", machine="a", format="csr"),
        refused(network="z", **pruned),
        refused(network="z", format="csr", **pruned),
        made_up(network="[a]", seconds=5e-7, energy_pj={"register": 1.0, "dynamic": 1.0, "total": 1.0}),
    ]
    compared = compare_to_baseline(
        totals(result_table(results)), {"machine": "unit", "pruner": "none", "format": "dense"}
    )
    shown = table.best_table(compared, "a title")
    assert shown.title == "a title"
    assert [column.header for column in shown.columns] == [
        *("network", "pruner", "machine", "fastest format", "time", "speedup"),
        *("bottleneck", "energy", "energy ratio", "dynamic", "dynamic ratio", "mostly", "refused"),
    ]
    assert rows(shown) == [
        [
            *("z", "none", "unit", "csr", "2 ms", "2.00x", "compute"),
            *("10 mJ", "1.00x", "4 mJ", "2.50x", "mac 80%", ""),
        ],
        [
            *("z", "none", "a", "dense", "1 s", "0.00x", "memory"),
            *("40 mJ", "0.25x", "10 mJ", "1.00x"),
            "static 75%",
            "1 of 2",
        ],
        ["z", "magnitude 75%", "unit", "none", *("-" for _ in range(8)), "all 2"],
        [
            *("\\[a]", "none", "unit", "dense", "500 ns", "1.00x", "memory"),
            *("1 pJ", "1.00x", "1 pJ", "1.00x", "register 100%", ""),
        ],
    ]
    assert [row.end_section for row in shown.rows] == [False, True, True, True]
    left = [column.header for column in shown.columns if column.justify == "left"]
    assert left == ["network", "pruner", "machine", "fastest format", "bottleneck", "mostly"]


def test_refusals_are_counted_by_their_reason():
    results = [
        refused(note="not 2:4"),
        made_up(machine="other"),
        refused(machine="b", note="not 2:4"),
        refused(machine="b", format="csr", note="no room"),
        refused(network="a", note="not 2:4"),
    ]
    assert table.refusals(totals(result_table(results))) == [
        "2 points refused: net, none: not 2:4",
        "1 point refused: net, none: no room",
        "1 point refused: a, none: not 2:4",
    ]


def test_a_run_in_one_row():
    result = made_up(
        cycles=1_234_567,
        seconds=4.5e-5,
        a_density=0.125,
        utilisation=0.4567,
        dram_bytes={"A": 1_000_000, "B": 500_000},
        energy_pj={**ENERGY, "logic": 0.04e9, "static": 10e9, "total": 20e9},
    )
    shown = table.single_table([result], "energy at prices")
    assert shown.title == "energy at prices"
    assert [(column.header, column.justify) for column in shown.columns] == [
        *((name, "left") for name in ("machine", "format", "type")),
        *((name, "right") for name in ("A density", "cycles", "time")),
        ("bottleneck", "left"),
        *((name, "right") for name in ("useful", "DRAM", "energy", "dynamic")),
        ("of which", "left"),
    ]
    (row,) = rows(shown)
    assert row[:7] == ["unit", "dense", "fp16", "12.50%", "1,234,567", "45 µs", "memory"]
    assert row[7:] == ["45.7%", "1.5 MB", "20 mJ", "10 mJ", "dram 30%, sram 5%, mac 15%, static 50%"]


def test_rows_of_any_kind():
    """A column without anything in it is left out; numbers stand on the right."""
    given = [
        {"layer_name": "[fc]", "ratio": 0.123456, "count": 12345, "note": "", "limit": None, "some": None},
        {"layer_name": "two", "ratio": 2.0, "count": 0, "note": "", "limit": None, "some": 3},
    ]
    shown = table.rows_table(given)
    assert [(column.header, column.justify, column.no_wrap) for column in shown.columns] == [
        ("layer name", "left", True),
        ("ratio", "right", True),
        ("count", "right", True),
        ("some", "left", False),
    ]
    assert rows(shown) == [["\\[fc]", "0.1235", "12,345", ""], ["two", "2", "0", "3"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1 s"),
        (999.6, "1e+03 s"),
        (1e-3, "1 ms"),
        (9.99e-4, "999 µs"),
        (1e-6, "1 µs"),
        (2.5e-9, "2.5 ns"),
        (1e-12, "1 ps"),
        (5e-14, "0.05 ps"),
        (-2e-3, "-2 ms"),
    ],
)
def test_seconds(value, text):
    assert readable.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1e12, "1 J"), (1e9, "1 mJ"), (123.4e6, "123 µJ"), (1.0, "1 pJ"), (0, "0 J")]
)
def test_joules_from_picojoules(value, text):
    assert readable.joules(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_000, "999 kB"),
        (1e6, "1 MB"),
        (1e9, "1 GB"),
        (2.5e12, "2.5e+03 GB"),
    ],
)
def test_sizes_are_decimal(value, text):
    assert readable.size(value) == text


def test_a_run_that_costs_nothing_has_no_largest_share():
    total = totals(result_table([made_up(energy_pj={})]))
    (row,) = rows(table.best_table(compare_to_baseline(total, {"machine": "unit"})))
    assert (row[7], row[9], row[11]) == ("0 J", "0 J", "dram 0%")


def test_a_gain_over_a_refused_baseline_is_a_dash():
    results = [refused(format="dense"), made_up(format="csr", energy_pj=ENERGY), made_up(network="other")]
    compared = compare_to_baseline(totals(result_table(results)), {"format": "dense"})
    first, _ = rows(table.best_table(compared, ""))
    assert (first[3], first[5], first[8], first[10], first[12]) == ("csr", "-", "-", "-", "1 of 2")
