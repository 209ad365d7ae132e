"""Tensor cores against measured times, as they were drawn."""

import numpy as np
import pytest

from sparsesim.report.style import SERIES_COLOURS
from sparsesim.report.tensor_core import draw_over_tokens, draw_ratios, draw_times
from tests.report.artists import legend_words, line_of, panel, points_of
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
