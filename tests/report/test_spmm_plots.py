"""Sparse products on GPUs, as they were drawn."""

import pytest

from sparsesim.report.spmm import draw_crossovers, draw_measured
from sparsesim.report.style import SERIES_COLOURS
from tests.report.artists import legend_words, line_of, panel, points_of, tick_words
from tests.report.samples import crossings, spmm_curves, spmm_measured

LABELS = {1: "single values", 8: "vectors of 8"}


def test_times_lie_over_density_with_the_dense_time_beside_them():
    table = spmm_curves()
    figure = draw_crossovers(table, crossings())
    for size, rows in table.groupby("size"):
        axes = panel(figure, f"{size} × {size}")
        for length, label in LABELS.items():
            line = rows[rows["vector_length"] == length]
            x, y = line_of(axes, label)
            assert x == pytest.approx((1 - line["sparsity"]).tolist())
            assert y == pytest.approx((1e6 * line["seconds"]).tolist())
        assert line_of(axes, "dense tensor cores")[1] == pytest.approx([1e6 * rows["dense_seconds"].iloc[0]] * 2)
        assert axes.xaxis.get_inverted()


def test_crossings_are_ringed_on_the_dense_line_and_told():
    figure = draw_crossovers(spmm_curves(), crossings())
    for axes, dense in zip(figure.axes, (50, 100), strict=True):
        rings = [line for line in axes.lines if line.get_fillstyle() == "none"]
        assert [(r.get_xdata()[0], r.get_ydata()[0]) for r in rings] == [pytest.approx((0.05, dense))]
        assert rings[0].get_color() == SERIES_COLOURS[0]
        assert [text.get_text() for text in axes.texts] == ["95.0 %"]


def test_measured_times_keep_the_colour_of_their_vector_length_in_both_panels():
    table = spmm_measured()
    figure = draw_measured(table)
    assert legend_words(figure) == ["vectors of 2", "vectors of 4", "vectors of 8"]
    for axes, fitted in zip(figure.axes, (True, False), strict=True):
        for length, colour in zip((2, 4, 8), SERIES_COLOURS, strict=False):
            rows = table[(table["fitted"] == fitted) & (table["vector_length"] == length)]
            assert points_of(axes, colour) == list(zip(rows["measured_us"], rows["simulated_us"], strict=True))
    assert [axes.get_title() for axes in figure.axes] == [
        "fitted layers: mean error 17.5 %",
        "other layers: mean error 25.0 %",
    ]


def test_a_panel_without_layers_is_left_out():
    table = spmm_measured()
    (axes,) = draw_measured(table[~table["fitted"]]).axes
    assert axes.get_title() == "other layers: mean error 25.0 %"
    assert axes.get_ylabel() == "simulated [µs]"


def test_both_axes_of_measured_times_are_the_same():
    """Fitted layers: from 7.5 to 40 us, and a fifth of it beyond."""
    first, second = draw_measured(spmm_measured()).axes
    assert first.get_xlim() == first.get_ylim() == pytest.approx((7.5 / 1.2, 40 * 1.2))
    assert second.get_xlim() == second.get_ylim() == pytest.approx((20 / 1.2, 100 * 1.2))
    for axes, reach in ((first, [10, 40]), (second, [20, 100])):
        assert list(axes.lines[-1].get_xdata()) == list(axes.lines[-1].get_ydata()) == reach
        assert tick_words(axes.xaxis) == tick_words(axes.yaxis)


def test_times_have_ticks_where_they_lie():
    first, second = draw_crossovers(spmm_curves(), crossings()).axes
    assert tick_words(first.yaxis) == ["10", "20", "50", "100", "200"]
    assert tick_words(second.yaxis) == ["10", "20", "50", "100", "200", "500"]
    assert tick_words(first.xaxis) == ["70 %", "80 %", "90 %", "95 %", "98 %", "99 %"]
