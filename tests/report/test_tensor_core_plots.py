"""Tensor cores against measured times, as they were drawn."""

import numpy as np
import pandas as pd
import pytest

from sparsesim.report.style import MARKERS, SERIES_COLOURS
from sparsesim.report.tensor_core import draw_over_tokens, draw_ratios, draw_times
from tests.report.artists import legend_words, line_of, panel, points_of, tick_words
from tests.report.samples import tensor_core

DENSE, SPARSE = SERIES_COLOURS[:2]


def pairs(table, x, y):
    return sorted(zip(table[x], table[y], strict=True))


def test_times_are_simulated_over_measured():
    table = tensor_core()
    figure = draw_times(table)
    for card, rows in table.groupby("card"):
        axes = panel(figure, f"{card} fp16")
        assert sorted(points_of(axes, DENSE)) == pairs(rows, "dense_measured_us", "dense_simulated_us")
        assert sorted(points_of(axes, SPARSE)) == pairs(rows, "sparse_measured_us", "sparse_simulated_us")
        diagonal = axes.lines[-1]
        assert list(diagonal.get_xdata()) == list(diagonal.get_ydata())
    assert legend_words(figure) == ["dense", "2:4", "filled: others", "hollow: fitted"]


@pytest.mark.parametrize(("draw", "y"), [(draw_times, "sparse_simulated_us"), (draw_ratios, "ratio_simulated")])
def test_fitted_products_are_hollow(draw, y):
    table = tensor_core()
    axes = panel(draw(table), "A100 fp16")
    hollow = {
        float(value)
        for line in axes.lines
        if line.get_color() == SPARSE and line.get_markerfacecolor() == "none"
        for value in line.get_ydata()
    }
    assert hollow == set(table.loc[(table["card"] == "A100") & table["fitted"], y])


def test_ratios_are_simulated_over_measured():
    table = tensor_core()
    figure = draw_ratios(table)
    for card, rows in table.groupby("card"):
        axes = panel(figure, f"{card} fp16")
        assert sorted(points_of(axes, SPARSE)) == pairs(rows, "ratio_measured", "ratio_simulated")
        dashed = [list(line.get_ydata()) for line in axes.lines if line.get_linestyle() == "--"]
        assert [2, 2] in dashed


def test_ratios_over_tokens_are_dots_where_measured_and_lines_where_simulated():
    table = tensor_core()
    table = table[table["card"] == "A100"]
    figure = draw_over_tokens(table)
    llm = table[table["suite"] == "LLM"]
    axes = panel(figure, "weights 4096")
    assert points_of(axes, SERIES_COLOURS[0]) == pairs(llm, "m_tokens", "ratio_measured")
    (line,) = [line for line in axes.lines if line.get_marker() == "None" and line.get_color() == SERIES_COLOURS[0]]
    assert np.allclose(line.get_xdata(), llm["m_tokens"])
    assert np.allclose(line.get_ydata(), llm["ratio_simulated"])
    squares = table[table["suite"] == "SQUARE"]
    assert line_of(panel(figure, "squares"), "fp16") == ([2048.0], squares["ratio_measured"].tolist())
    assert legend_words(figure) == ["fp16", "dots: measured", "lines: simulated"]


def five_cards():
    parts = [tensor_core().replace({"card": {"H100": f"{n}", "A100": f"{n}'"}}) for n in (1, 2, 3)]
    return pd.concat(parts)[lambda table: table["card"] != "3'"].reset_index(drop=True)


@pytest.mark.parametrize("draw", [draw_times, draw_ratios])
def test_cards_stand_four_to_a_row_and_the_outer_ones_name_their_axes(draw):
    figure = draw(five_cards())
    assert [axes.get_visible() for axes in figure.axes] == [True] * 5 + [False] * 3
    assert [axes.get_title() for axes in figure.axes[:5]] == [f"{card} fp16" for card in ("1", "1'", "2", "2'", "3")]
    assert [bool(axes.get_xlabel()) for axes in figure.axes[:5]] == [False, True, True, True, True]
    assert [bool(axes.get_ylabel()) for axes in figure.axes[:5]] == [True, False, False, False, True]
    places = [axes.get_position() for axes in figure.axes[:5]]
    assert places[0].y0 == places[3].y0 > places[4].y0
    assert places[0].x0 == places[4].x0


def test_products_are_compared_on_equal_axes():
    """Times reach from 15 x 0.9 / 1.6 to 180 x 1.1 x 1.6 us; ratios from 1.33 / 1.1 to 2.01 x 1.1."""
    for draw, reach in ((draw_times, (8.4375, 316.8)), (draw_ratios, (1.2121, 2.2131))):
        for axes in draw(tensor_core()).axes:
            assert axes.get_xlim() == axes.get_ylim() == pytest.approx(reach, rel=1e-4)


def test_where_sparse_is_slower_is_shaded():
    (axes, *_) = draw_ratios(tensor_core().assign(ratio_measured=0.5)).axes
    (shade,) = [patch for patch in axes.patches if patch.get_width() < 1]
    assert (shade.get_x(), shade.get_x() + shade.get_width()) == pytest.approx((0.5 / 1.1, 1))
    assert tick_words(axes.xaxis) == tick_words(axes.yaxis) == ["0.5", "0.7", "1", "1.4", "2"]


def test_kernels_have_colours_and_marks_of_their_own():
    table = tensor_core()[lambda each: each["card"] == "A100"]
    both = pd.concat([table, table.assign(kernel="V:N:M", ratio_simulated=1.5)])
    figure = draw_ratios(both)
    (axes,) = figure.axes
    assert {y for _, y in points_of(axes, SERIES_COLOURS[2], MARKERS[2])} == {1.5}
    assert len(points_of(axes, SPARSE, MARKERS[1])) == 3
    assert legend_words(figure)[:2] == ["2:4", "V:N:M"]


def test_products_without_a_sparse_time_are_left_out():
    table = tensor_core().assign(sparse_measured_us=np.nan)
    figure = draw_times(table)
    assert legend_words(figure) == ["dense", "filled: others", "hollow: fitted"]
    assert not points_of(figure.axes[0], SPARSE)
    assert len(points_of(figure.axes[0], DENSE)) == 3


def test_ratios_over_tokens_are_means_of_equal_products_and_share_a_scale_from_0():
    table = tensor_core()[lambda each: each["card"] == "A100"]
    twice = pd.concat([table, table.assign(ratio_measured=table["ratio_measured"] + 2)])
    figure = draw_over_tokens(twice)
    llm = table[table["suite"] == "LLM"]
    expected = [(tokens, ratio + 1) for tokens, ratio in pairs(llm, "m_tokens", "ratio_measured")]
    assert points_of(panel(figure, "weights 4096"), SERIES_COLOURS[0]) == [pytest.approx(pair) for pair in expected]
    top = 1.1 * twice["ratio_measured"].max()
    assert [axes.get_ylim() for axes in figure.axes] == [pytest.approx((0, top))] * 2
    assert draw_over_tokens(table[table["m_tokens"] == 16]).axes[0].get_ylim() == (0, 2.2)


def test_weights_stand_in_the_order_of_their_sizes_and_squares_last():
    table = tensor_core()[lambda each: each["card"] == "A100"]
    more = [table.assign(n=n, suite="LLM", type=kind) for n, kind in ((8192, "fp16"), (1024, "int8"), (512, "int8"))]
    figure = draw_over_tokens(pd.concat([table, *more]))
    titles = [axes.get_title().split(" ")[1] for axes in figure.axes if axes.get_visible()]
    assert titles == ["512", "512", "1024", "1024", "4096", "8192", "8192", "N"]
    assert legend_words(figure) == ["fp16", "int8", "dots: measured", "lines: simulated"]
    places = [axes.get_position() for axes in figure.axes]
    assert [round(place.x0, 3) for place in places] == [round(place.x0, 3) for place in places[:3]] * 3
    assert [bool(axes.get_ylabel()) for axes in figure.axes] == [True, False, False] * 3
    assert [bool(axes.get_xlabel()) for axes in figure.axes] == [False] * 5 + [True] * 3 + [False]
