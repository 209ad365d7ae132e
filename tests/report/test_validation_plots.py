"""Pictures of comparisons with published values; what they show is checked on the axes."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from sparsesim.report import validation as report
from sparsesim.report.validation import draw_ablation, draw_errors, draw_matrices, draw_simulation_time, draw_sweeps
from sparsesim.report.validation.ablation import TENSOR_COLOURS
from tests.report import samples
from tests.report.artists import legend_words, line_of, tick_words

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


def test_errors_lie_where_they_belong_and_fitted_ones_are_hollow():
    figure = draw_errors(pd.DataFrame(ROWS))
    (axes,) = figure.axes
    points = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in points] == [(1.0, 0), (0.04, 1), (-50.0, 0)]
    assert [line.get_markerfacecolor() == "none" for line in points] == [False, True, False]
    assert tick_words(axes.yaxis) == ["bytes", "area"]
    lowest, highest = axes.get_xlim()
    assert lowest < -50 < 50 < highest
    handles = dict(zip(legend_words(figure), axes.get_legend().legend_handles, strict=True))
    assert [line.get_color() for line in points if line.get_markerfacecolor() != "none"] == [
        handles[case].get_color() for case in ("one", "two")
    ]


def test_sweeps_are_relative_to_the_shipped_machine():
    table = samples.sweeps()
    figure = draw_sweeps(table)
    assert len(figure.axes) == 4
    for column, sweep in enumerate(("ways", "window")):
        traffic, speed = figure.axes[column], figure.axes[2 + column]
        assert traffic.get_title() == sweep
        assert tick_words(traffic.xaxis) == ["16", "64", "∞"]
        for matrix in ("one", "two"):
            rows = table[(table["sweep"] == sweep) & (table["matrix"] == matrix)]
            shipped = rows.loc[rows["is_shipped"], "dram_bytes"].item()
            assert line_of(traffic, matrix) == ([0, 1, 2], pytest.approx((rows["dram_bytes"] / shipped).tolist()))
            assert line_of(speed, matrix) == ([0, 1, 2], rows["GFLOP/s"].tolist())
        dashed = [line.get_xdata()[0] for line in traffic.lines if line.get_linestyle() == "--"]
        assert dashed == [1]


def test_ablation_bars_stack_to_the_traffic():
    table = samples.ablation()
    figure = draw_ablation(table)
    for axes, (matrix, rows) in zip(figure.axes, table.groupby("matrix", sort=False), strict=False):
        assert axes.get_title() == matrix
        assert tick_words(axes.xaxis) == ["none", "+ Huffman", "without Huffman"]
        bottom = np.zeros(len(rows))
        assert [container.get_label() for container in axes.containers] == list(TENSOR_COLOURS)
        for container in axes.containers:
            tensor, heights = container.get_label(), [bar.get_height() for bar in container.patches]
            assert {to_hex(bar.get_facecolor()) for bar in container.patches} == {TENSOR_COLOURS[tensor].lower()}
            assert np.allclose([bar.get_y() for bar in container.patches], bottom)
            assert np.allclose(heights, rows[f"dram_{tensor}_bytes"] / 1e6)
            bottom += heights
        assert np.allclose(bottom, rows["dram_bytes"] / 1e6)


def test_panels_that_are_not_needed_are_hidden():
    """Four matrices in rows of three."""
    table = pd.concat([samples.ablation(), samples.ablation().replace({"matrix": {"one": "three", "two": "four"}})])
    figure = draw_ablation(table)
    assert [axes.get_title() for axes in figure.axes if axes.get_visible()] == ["one", "two", "three", "four"]
    assert [axes.get_visible() for axes in figure.axes] == [True] * 4 + [False] * 2
    bars = [bar.get_x() + bar.get_width() / 2 for bar in figure.axes[0].containers[0].patches]
    assert bars == pytest.approx([0, 1, 2.6])  # the parts that are left out stand apart


def test_errors_of_less_than_ten_per_cent_are_drawn_to_ten():
    (axes,) = draw_errors(pd.DataFrame(ROWS[:2])).axes
    assert axes.get_xlim() == (-10, 10)
    assert tick_words(axes.xaxis) == ["-10 %", "-1 %", "0", "+1 %", "+10 %"]
    (axes,) = draw_errors(pd.DataFrame(ROWS)).axes
    assert axes.get_xlim() == (-75, 75)


def test_more_cases_than_colours_are_grey():
    rows = [{**ROWS[0], "case": f"case {number}, small"} for number in range(17)]
    assert legend_words(draw_errors(pd.DataFrame(rows))) == ["hollow: fitted"]
    (axes,) = draw_errors(pd.DataFrame(rows)).axes
    assert {to_hex(line.get_color()) for line in axes.lines if len(line.get_xdata()) == 1} == {"#777777"}
    assert len(legend_words(draw_errors(pd.DataFrame(rows[:16])))) == 1 + 8


def test_speeds_of_sweeps_share_a_scale_from_zero():
    """At most 17 GFLOP/s, and a little room above; sizes of 8192 and more are in thousands of 1024."""
    table = samples.sweeps().replace({"value": {16: 8192, 64: 4096}}).assign(**{"is_shipped": [False, False, True] * 4})
    figure = draw_sweeps(samples.sweeps())
    top = samples.sweeps()["GFLOP/s"].max()
    assert [axes.get_ylim() for axes in figure.axes[2:]] == [pytest.approx((0, 1.08 * top))] * 2
    assert tick_words(draw_sweeps(table).axes[0].xaxis)[0] == "8k"
    assert "4096" in tick_words(draw_sweeps(table).axes[0].xaxis)


@pytest.mark.parametrize(
    ("bytes_moved", "ticks"),
    [
        ([95, 100, 110], ["0.95x", "1x", "1.05x", "1.1x"]),
        ([60, 100, 180], ["0.6x", "0.7x", "0.8x", "0.9x", "1x", "1.2x", "1.5x"]),
        ([30, 100, 600], ["0.5x", "1x", "2x", "4x"]),
    ],
)
def test_ratios_have_ticks_as_fine_as_they_differ(bytes_moved, ticks):
    table = samples.sweeps()
    table = table[(table["sweep"] == "ways") & (table["matrix"] == "one")].assign(dram_bytes=bytes_moved)
    assert tick_words(draw_sweeps(table).axes[0].yaxis) == ticks


def test_the_line_of_slope_one_goes_through_the_grown_matrices():
    table = samples.simulation_times()
    (axes,) = draw_simulation_time(table).axes
    x, y = line_of(axes, "slope 1: 100 M multiplies/s")
    assert (x, y) == ([1e6, 1e7], pytest.approx([0.01, 0.1]))
    for kind, rows in table.groupby("kind"):
        assert line_of(axes, f"{kind} matrices") == (rows["multiplies"].tolist(), rows["seconds"].tolist())


def test_no_matrix_is_drawn_above_the_roof():
    table = samples.matrices()
    roofline, _ = draw_matrices(table, samples.PUBLISHED).axes
    roof = roofline.lines[0]
    assert np.allclose(roof.get_ydata(), np.minimum(128 * roof.get_xdata(), 32))
    assert (roof.get_xdata()[0], roof.get_xdata()[-1]) == pytest.approx((0.1 / 1.5, 1.5))
    drawn = [point for line in roofline.lines[1:] for point in zip(line.get_xdata(), line.get_ydata(), strict=True)]
    assert len(drawn) == 4
    assert all(y <= np.interp(x, roof.get_xdata(), roof.get_ydata()) for x, y in drawn)
    in_paper = table[table["in_paper"] != "no"]
    assert line_of(roofline, "the paper's matrices") == (
        in_paper["FLOP per compulsory byte"].tolist(),
        in_paper["GFLOP/s"].tolist(),
    )
    assert line_of(roofline, "other matrices") == ([1.0], [30.0])
    assert line_of(roofline, "published mean of 20") == ([0.19], [10.4])


def test_energies_of_matrices_stand_beside_their_mean_and_the_published_one():
    _, axes = draw_matrices(samples.matrices(), samples.PUBLISHED).axes
    assert tick_words(axes.xaxis) == ["one", "three", "mean of 2", "published"]
    heights = {bars.get_label(): [bar.get_height() for bar in bars.patches] for bars in axes.containers}
    assert heights == {
        "compute": pytest.approx([0.1, 0.2, 0.15, 0.2]),
        "SRAM": pytest.approx([0.4, 0.8, 0.6, 0.3]),
        "DRAM": pytest.approx([0.2, 0.4, 0.3, 0.15]),
    }
    tops = [bar.get_y() + bar.get_height() for bar in axes.containers[-1].patches]
    assert tops == pytest.approx([0.7, 1.4, 1.05, 0.65])
