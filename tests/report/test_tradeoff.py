"""Points, whiskers and fronts of the trade-off."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from sparsesim.report.style import SERIES_COLOURS
from sparsesim.report.tradeoff import MARKS, draw_tradeoff
from tests.report.artists import legend_words, line_of
from tests.report.samples import tradeoff

PANELS = {"speedup": "fastest_front", "energy_ratio": "thriftiest_front"}


@pytest.mark.parametrize(("place", "gain"), list(enumerate(PANELS)))
def test_points_and_whiskers_are_those_of_the_table(place, gain):
    table = tradeoff()
    axes = draw_tradeoff(table, "title").axes[place]
    expected, found = {}, {}
    for number, machine in enumerate(dict.fromkeys(table["machine"])):
        for mark, variant in zip(MARKS, dict.fromkeys(table["variant"]), strict=False):
            (row,) = table[(table["machine"] == machine) & (table["variant"] == variant)].to_dict("records")
            limits = row["accuracy"] - row["standard_error"], row["accuracy"] + row["standard_error"]
            expected[SERIES_COLOURS[number].lower(), mark] = (row[gain], row["accuracy"], *limits)
    for container in axes.containers:
        line, _, (whiskers,) = container.lines
        (x,), (y,) = line.get_xdata(), line.get_ydata()
        (segment,) = whiskers.get_segments()
        assert segment[0][0] == segment[1][0] == x
        found[to_hex(line.get_color()), line.get_marker()] = (x, y, segment[0][1], segment[1][1])
    assert found.keys() == expected.keys()
    assert all(found[key] == pytest.approx(expected[key]) for key in expected)


@pytest.mark.parametrize(("place", "gain"), list(enumerate(PANELS)))
def test_fronts_go_through_the_points_that_nothing_beats(place, gain):
    table = tradeoff()
    axes = draw_tradeoff(table, "title").axes[place]
    for machine, rows in table.groupby("machine"):
        front = rows[rows[PANELS[gain]]].sort_values(gain)
        x, y = line_of(axes, machine)
        assert np.allclose(x, front[gain])
        assert np.allclose(y, front["accuracy"])


def test_titles_and_legend():
    figure = draw_tradeoff(tradeoff(), "a title")
    assert figure.get_suptitle() == "a title"
    assert legend_words(figure) == ["cpu", "gpu", "dense", "2:4", "magnitude"]
    assert ["speedup" in axes.get_xlabel() for axes in figure.axes] == [True, False]
    assert ["energy" in axes.get_xlabel() for axes in figure.axes] == [False, True]


def test_gains_are_marked_between_powers_of_ten():
    for axes in draw_tradeoff(tradeoff(), "").axes:
        shown = axes.xaxis.get_minor_formatter()
        values = (0.2, 0.3, 0.5, 0.9, 2, 3, 5, 9)
        assert [shown(value) for value in values] == ["0.2x", "", "0.5x", "", "2x", "", "5x", ""]
        assert axes.xaxis.get_major_formatter()(10) == "10x"
        assert axes.yaxis.get_major_formatter()(0.95) == "95%"
