"""Pictures of comparisons with published values; what they show is checked on the axes."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sparsesim.report import validation as report

MATRICES = ("one", "two")


@pytest.fixture
def drawn(monkeypatch):
    figures = []
    original = Figure.savefig

    def keep(self, *args, **kwargs):
        figures.append(self)
        original(self, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def is_png(path):
    return path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


ROWS = [
    {"metric": "bytes", "case": "one, small", "published": 100, "simulated": 101, "error_pct": 1.0, "fitted": False},
    {"metric": "area", "case": "total", "published": 28.49, "simulated": 28.5, "error_pct": 0.04, "fitted": True},
    {
        "metric": "bytes",
        "case": "two, small",
        "published": 5000,
        "simulated": 2500,
        "error_pct": -50.0,
        "fitted": False,
    },
]


def test_the_table_gathers_a_metric_in_one_section():
    columns = {column.header: list(column.cells) for column in report.comparison_table(ROWS).columns}
    assert columns["metric"] == ["bytes", "", "area"]
    assert columns["error"] == ["+1.00 %", "-50.00 %", "+0.04 %"]
    assert columns["published"] == ["100", "5,000", "28.49"]
    assert columns[""] == ["", "", "fitted"]


def test_the_summary_marks_what_is_fitted():
    summary = [{"metric": "m", "fitted": True, "rows": 2, "mean_abs_error_pct": 1.234, "max_abs_error_pct": 2.0}]
    cells = [next(iter(column.cells)) for column in report.summary_table(summary).columns]
    assert cells == ["m", "2", "1.23 %", "2.00 %", "fitted"]


def test_errors_lie_where_they_belong_and_fitted_ones_are_hollow(drawn, tmp_path):
    assert is_png(report.plot_errors(pd.DataFrame(ROWS), tmp_path / "errors.png"))
    axes = drawn[0].axes[0]
    points = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in points] == [(1.0, 0), (0.04, 1), (-50.0, 0)]
    assert [line.get_markerfacecolor() == "none" for line in points] == [False, True, False]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bytes", "area"]
    lowest, highest = axes.get_xlim()
    assert lowest < -50 < 50 < highest


def test_sweeps_are_relative_to_the_shipped_machine(drawn, tmp_path):
    table = pd.DataFrame(
        {
            "sweep": sweep,
            "value": value,
            "matrix": matrix,
            "is_shipped": value == 64,
            "dram_bytes": 6400 // value,
            "GFLOP/s": 5.0,
        }
        for sweep in ("ways", "window")
        for value in (16, 64, 10**9)
        for matrix in MATRICES
    )
    assert is_png(report.plot_sweeps(table, tmp_path / "sweeps.png"))
    assert len(drawn[0].axes) == 4
    axes = drawn[0].axes[0]
    assert axes.get_title() == "ways"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["16", "64", "∞"]
    lines = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert list(lines["one"]) == [4.0, 1.0, 0.0]


def test_ablation_bars_stack_to_the_traffic(drawn, tmp_path):
    table = pd.DataFrame(
        {"order": order, "part": part, "matrix": matrix, "dram_bytes": 4e6, "GFLOP/s": 1.0}
        | {f"dram_{tensor}_bytes": 1e6 for tensor in ("A", "B", "partial", "C")}
        for order, part in (("added", "none"), ("added", "huffman"), ("left out", "huffman"))
        for matrix in MATRICES
    )
    assert is_png(report.plot_ablation(table, tmp_path / "ablation.png"))
    axes = drawn[0].axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["none", "+ Huffman", "without Huffman"]
    assert max(bar.get_y() + bar.get_height() for bar in axes.patches) == pytest.approx(4.0)


def test_the_line_of_slope_one_goes_through_the_grown_matrices(drawn, tmp_path):
    table = pd.DataFrame(
        {
            "kind": ["real", "R-MAT", "R-MAT"],
            "matrix": ["one", "r1", "r2"],
            "multiplies": [10**3, 10**6, 10**7],
            "seconds": [0.5, 0.01, 0.1],
        }
    )
    assert is_png(report.plot_simulation_time(table, tmp_path / "time.png"))
    line = next(line for line in drawn[0].axes[0].lines if str(line.get_label()).startswith("slope 1"))
    assert line.get_label() == "slope 1: 100 M multiplies/s"
    assert np.allclose(line.get_ydata(), [0.01, 0.1])


def test_no_matrix_is_drawn_above_the_roof(drawn, tmp_path):
    energies = {"nJ/FLOP compute": 0.2, "nJ/FLOP SRAM": 0.3, "nJ/FLOP DRAM": 0.1}
    table = pd.DataFrame(
        {"matrix": name, "in_paper": kind, "FLOP per compulsory byte": intensity, "GFLOP/s": rate}
        | {"peak_gbyte_per_s": 128.0, "peak_gmac_per_s": 16.0}
        | energies
        for name, kind, intensity, rate in (("one", "exact", 0.1, 10.0), ("two", "no", 1.0, 30.0))
    )
    published = {"FLOP per compulsory byte": 0.19, "GFLOP/s": 10.4, **energies}
    assert is_png(report.plot_matrices(table, tmp_path / "matrices.png", published))
    roofline, energy = drawn[0].axes
    roof = roofline.lines[0]
    assert roof.get_ydata().max() == pytest.approx(32.0)
    for line in roofline.lines[1:]:
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True):
            assert y <= np.interp(x, roof.get_xdata(), roof.get_ydata())
    assert [label.get_text() for label in energy.get_xticklabels()] == ["one", "mean of 1", "published"]
    assert max(bar.get_y() + bar.get_height() for bar in energy.patches) == pytest.approx(0.6)
