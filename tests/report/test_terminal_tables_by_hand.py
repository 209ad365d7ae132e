"""Cells of the tables for the terminal, worked out by hand."""

import pytest

from sparsesim.report import readable, table
from sparsesim.report.fitted import TOGETHER
from sparsesim.results import compare_to_baseline, result_table, totals
from tests.results.made_up import made_up, refused

ENERGY = {"dram": 6e9, "sram": 1e9, "register": 0.0, "mac": 3e9, "logic": 0.0, "dynamic": 10e9, "total": 10e9}


def rows(shown):
    return [list(cells) for cells in zip(*(column.cells for column in shown.columns), strict=True)]


PRUNED = {"pruner": "magnitude", "sparsity": 0.75}

RESULTS = [
    made_up(network="z", seconds=4e-3, energy_pj=ENERGY),
    made_up(
        **{"network": "z", "seconds": 2e-3, "format": "csr", "kernel": "spmm", "bottleneck": "compute"},
        energy_pj={**ENERGY, "mac": 8e9, "dynamic": 4e9},
    ),
    made_up(
        **{"network": "z", "machine": "a", "seconds": 1.0, "kernel": "gemm", "unpacked": "when loaded"},
        energy_pj={**ENERGY, "static": 30e9, "total": 40e9},
    ),
    refused(network="z", machine="a", format="csr"),
    refused(network="z", **PRUNED),
    refused(network="z", format="csr", **PRUNED),
    made_up(network="[a]", seconds=5e-7, energy_pj={"register": 1.0, "dynamic": 1.0, "total": 1.0}),
]
"""The second is twice as fast as the baseline; one machine refuses one format, and one all."""


def compared_to_dense(results):
    return compare_to_baseline(totals(result_table(results)), {"machine": "unit", "pruner": "none", "format": "dense"})


def test_the_best_of_every_machine():
    """Networks, pruners and machines stand in the order in which they were simulated."""
    shown = table.best_table(compared_to_dense(RESULTS), "dense", "a title")
    assert shown.title == "a title"
    assert [column.header for column in shown.columns] == [
        *("machine", "fastest format", "kernel", "time", "speedup", "bottleneck"),
        *("energy", "energy ratio", "dynamic", "dynamic ratio", "mostly", "note"),
    ]
    assert rows(shown) == [
        [
            *("unit", "csr", "spmm", "2 ms", "2.00x", f"compute{TOGETHER}100%"),
            *("10 mJ", "1.00x", "4 mJ", "2.50x", f"mac{TOGETHER}80%", ""),
        ],
        [
            *("a", "dense", "gemm*", "1 s", "0.0040x", f"memory{TOGETHER}100%"),
            *("40 mJ", "0.25x", "10 mJ", "1.00x", f"static{TOGETHER}75%", "1 of 2 refused"),
        ],
        ["unit", "none", "-", "refused", *("-" for _ in range(7)), "all 2 refused"],
        [
            *("unit", "dense", "", "500 ns", "1.00x", f"memory{TOGETHER}100%"),
            *("1 pJ", "1.00x", "1 pJ", "1.00x", f"register{TOGETHER}100%", ""),
        ],
    ]
    assert shown.headings == {0: "z: none", 2: "z: magnitude 75%", 3: "[a]: none"}
    left = [column.header for column in shown.columns if column.justify == "left"]
    assert left == ["machine", "fastest format", "kernel", "bottleneck", "mostly", "note"]


def test_every_point_has_a_row():
    shown = table.points_table(compared_to_dense(RESULTS))
    assert [row[:5] for row in rows(shown)] == [
        ["unit", "dense", "", "4 ms", "1.00x"],
        ["unit", "csr", "spmm", "2 ms", "2.00x"],
        ["a", "dense", "gemm*", "1 s", "0.0040x"],
        ["a", "csr", "-", "refused", "-"],
        ["unit", "dense", "-", "refused", "-"],
        ["unit", "csr", "-", "refused", "-"],
        ["unit", "dense", "", "500 ns", "1.00x"],
    ]
    assert shown.headings == {0: "z: none", 4: "z: magnitude 75%", 6: "[a]: none"}


@pytest.mark.parametrize(
    ("seconds", "baseline", "winner", "note"),
    [
        ((1.009, 1.0, 1.005), "dense", "dense", "csr, coo within 1%"),
        ((1.009, 1.0, 1.02), "dense", "dense", "csr within 1%"),
        ((1.009, 1.0, 1.005, 1.005), "dense", "dense", "3 others within 1%"),
        ((1.011, 1.0, 1.005), "dense", "csr", ""),
        ((1.0, 1.02, 1.02), "dense", "dense", ""),
        ((1.009, 1.0, 1.005), "coo", "coo", "csr, dense within 1%"),
    ],
)
def test_a_tie_goes_to_the_format_of_the_baseline_and_the_row_says_so(seconds, baseline, winner, note):
    formats = ("dense", "csr", "coo", "ell")
    results = [made_up(format=name, seconds=time) for name, time in zip(formats, seconds, strict=False)]
    (row,) = rows(table.best_table(compared_to_dense(results), baseline))
    assert (row[1], row[-1]) == (winner, note)


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
        kernel="gemm",
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
        *((name, "left") for name in ("machine", "format", "kernel", "type")),
        ("A density", "right"),
        ("operands", "left"),
        *((name, "right") for name in ("cycles", "time")),
        ("bottleneck", "left"),
        *((name, "right") for name in ("useful", "DRAM", "energy", "dynamic")),
        ("of which", "left"),
    ]
    (row,) = rows(shown)
    assert row[:9] == ["unit", "dense", "gemm", "fp16", "12.50%", "DRAM", "1,234,567", "45 µs", f"memory{TOGETHER}100%"]
    assert row[9:12] == ["45.7%", "1.5 MB", "20 mJ"]
    assert [cell.replace(TOGETHER, " ") for cell in row[12:]] == ["10 mJ", "dram 30%, sram 5%, mac 15%, static 50%"]


@pytest.mark.parametrize(
    ("time_s", "text"),
    [
        ({"math": 0.62, "launch": 0.3, "memory": 0.08}, "math 62%, launch 30%"),
        ({"launch": 0.9, "math": 0.9}, "launch 50%"),
        ({"math": 0.9, "launch": 0.1}, "math 90%, launch 10%"),
        ({"math": 1.81, "launch": 0.19}, "math 90%"),
        ({"launch": 0.0, "k-loop latency": 2e-6}, "k-loop latency 100%"),
        ({"launch": 0.0}, ""),
        ({}, ""),
    ],
)
def test_the_bottleneck_stands_with_its_share_and_beside_it_a_launch_worth_telling(time_s, text):
    assert table.limits(time_s).replace(TOGETHER, " ") == text


def test_rows_of_any_kind():
    """A column without anything in it is left out; numbers stand on the right."""
    given = [
        {"layer_name": "[fc]", "share": 0.123456, "speedup": 1234.5, "count": 12345, "note": "", "some": None},
        {"layer_name": "two", "share": 2.0, "speedup": 0.004, "count": 0, "note": None, "some": 3},
    ]
    shown = table.rows_table(given)
    assert [(column.header, column.justify, column.no_wrap) for column in shown.columns] == [
        ("layer name", "left", True),
        ("share", "right", True),
        ("speedup", "right", True),
        ("count", "right", True),
        ("some", "left", False),
    ]
    assert rows(shown) == [["\\[fc]", "0.1235", "1,230x", "12,345", ""], ["two", "2", "0.0040x", "0", "3"]]


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
    (row,) = rows(table.best_table(compare_to_baseline(total, {"machine": "unit"}), "dense"))
    assert (row[6], row[8], row[10]) == ("0 J", "0 J", f"dram{TOGETHER}0%")


def test_a_gain_over_a_refused_baseline_is_a_dash():
    results = [refused(format="dense"), made_up(format="csr", energy_pj=ENERGY), made_up(network="other")]
    compared = compare_to_baseline(totals(result_table(results)), {"format": "dense"})
    first, _ = rows(table.best_table(compared, "dense"))
    assert (first[1], first[4], first[7], first[9], first[11]) == ("csr", "-", "-", "-", "1 of 2 refused")


def test_a_star_says_that_weights_were_unpacked_when_they_were_loaded():
    results = [made_up(kernel="gemm"), made_up(format="bitmap", kernel="gemm", unpacked="when loaded")]
    results += [made_up(format="coo", kernel="outer", unpacked="on the way")]
    compared = compared_to_dense(results)
    assert [row[2] for row in rows(table.points_table(compared))] == ["gemm", "gemm*", "outer"]
    assert table.stars(compared) == [table.LOADED]
    assert table.stars(compared[compared["format"] != "bitmap"]) == []
