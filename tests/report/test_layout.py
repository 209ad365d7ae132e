"""Where things lie in a picture: nothing is cut off or covered, and ticks and levels lie at what they say."""

import math
import re
from itertools import combinations

import pytest

from sparsesim.report import PLOTS
from sparsesim.report.style import HATCHES, LINES, MARKERS, SERIES_COLOURS, nth, panels

every_plot = pytest.mark.parametrize("name", PLOTS)

# Of the first panel and of every other one like it: scale along x, scale along y, and the levels that are drawn.
SCALES = {
    "energy": ("linear", "linear"),
    "speedup": ("log", "linear"),
    "curves": ("log", "log"),
    "time-shares": ("linear", "linear"),
    "roofline": ("log", "log"),
    "tradeoff": ("log", "linear"),
    "sensitivity": ("linear", "linear"),
    "crossover": ("log", "log"),
    "bottlenecks": ("linear", "linear"),
    "ladder": ("log", "linear"),
    "front": ("linear", "linear"),
    "spy": ("linear", "linear"),
    "errors": ("symlog", "linear"),
    "matrices": ("log", "log"),
    "sweeps": ("linear", "log"),
    "ablation": ("linear", "linear"),
    "simulation-time": ("log", "log"),
    "tensor-core-times": ("log", "log"),
    "tensor-core-ratios": ("log", "log"),
    "tensor-core-tokens": ("log", "linear"),
    "spmm-crossovers": ("log", "log"),
    "spmm-measured": ("log", "log"),
}
ACROSS = {"sensitivity": [80, 90], "ladder": [92, 93], "tensor-core-ratios": [2]}
ACROSS |= {"tensor-core-tokens": [1, 2], "spmm-crossovers": [50], "curves": [1], "crossover": [1]}
UPRIGHT = {"speedup": [1], "tradeoff": [1], "errors": [0], "sweeps": [1]}
FROM_ZERO = {"ablation", "tensor-core-tokens"}
FROM_ZERO_ACROSS = {"energy", "time-shares", "bottlenecks"}
NAMES_OF_SIZES = {"sweeps"}
NUMBER = r"([+−-]?\d+(?:\.\d+)?) ?(x|%)?"
TOUCHING = 6.0
"""Pixels: the margins that legends have may touch."""


def boxes(figure):
    """What panels and everything around them cover, in pixels."""
    pieces = [*(axes for axes in figure.axes if axes.get_visible()), *figure.legends, *figure.texts]
    pieces += [text for text in (figure._suptitle, figure._supxlabel) if text is not None and text not in pieces]
    return [piece.get_tightbbox() for piece in pieces]


@every_plot
def test_nothing_is_cut_off(name, drawn):
    figure = drawn(name)
    whole = figure.bbox
    for box in boxes(figure):
        assert whole.x0 <= box.x0 < box.x1 <= whole.x1
        assert whole.y0 <= box.y0 < box.y1 <= whole.y1


@every_plot
def test_nothing_covers_anything_else(name, drawn):
    for one, other in combinations(boxes(drawn(name)), 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        upright = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert min(across, upright) <= TOUCHING


@every_plot
def test_scales(name, drawn):
    first = drawn(name).axes[0]
    assert (first.get_xscale(), first.get_yscale()) == SCALES[name]
    assert (first.get_ylim()[0] == 0) == (name in FROM_ZERO)
    assert (first.get_xlim()[0] == 0) == (name in FROM_ZERO_ACROSS)


@every_plot
def test_levels_lie_where_a_reader_looks_for_them(name, drawn):
    lines = drawn(name).axes[0].lines
    across = [line.get_ydata()[0] for line in lines if list(line.get_xdata()) == [0, 1]]
    upright = [line.get_xdata()[0] for line in lines if list(line.get_ydata()) == [0, 1]]
    assert sorted(across) == pytest.approx(ACROSS.get(name, []))
    assert sorted(upright) == pytest.approx(UPRIGHT.get(name, []))


@every_plot
def test_ticks_lie_at_what_they_say(name, drawn):
    for axes in drawn(name).axes:
        for axis in (axes.xaxis,) * (name not in NAMES_OF_SIZES) + (axes.yaxis,):
            for tick in axis.get_major_ticks():
                place, number = tick.get_loc(), re.fullmatch(NUMBER, tick.label1.get_text())
                if number is not None:
                    value = float(number.group(1).replace("−", "-"))
                    shares = [100 * place, 100 * (1 - place)] if number.group(2) == "%" else []
                    assert any(math.isclose(value, each, rel_tol=5e-3, abs_tol=1e-9) for each in (place, *shares))


@pytest.mark.parametrize(("share", "between"), [("none", 0.7), ("row", 0.15)])
def test_panels_have_the_size_that_is_asked_for(share, between):
    """In inches: 2 x 3 panels of 3 x 2, 0.5 below and 0.25 beside them, and room for titles above."""
    figure, grid = panels(2, 3, 3.0, 2.0, 0.5, 0.25, share)
    width, height = figure.get_size_inches()
    places = [[axes.get_position() for axes in row] for row in grid]
    for place in (place for row in places for place in row):
        assert (place.width * width, place.height * height) == pytest.approx((3, 2))
    (first, second, third), (below, *_) = places
    assert (second.x0 - first.x1) * width == pytest.approx(between)
    assert (1 - third.x1) * width == pytest.approx(0.25)
    assert first.x0 * width == pytest.approx(0.75)
    assert (first.y0 - below.y1) * height == pytest.approx(0.5 + 0.45)
    assert below.y0 * height == pytest.approx(0.5 + 0.35)
    assert (1 - first.y1) * height == pytest.approx(0.4 + 0.45)


def test_what_tells_series_apart_differs_and_starts_again():
    for choices in (SERIES_COLOURS, MARKERS, LINES, HATCHES):
        assert len(set(choices)) == len(choices)
        assert [nth(choices, number) for number in range(len(choices) + 2)] == [*choices, *choices[:2]]
