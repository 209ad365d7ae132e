"""The heat map: the value in every cell, its colour, and what was refused."""

import numpy as np
import pytest

from sparsesim.report.gains.heat_map import colour_scale
from sparsesim.report.layout import COLUMN_INCHES
from sparsesim.report.speedup import draw_speedup
from tests.report.artists import tick_words
from tests.report.samples import wide


def maps(figure):
    return [axes for axes in figure.axes if axes.images]


@pytest.mark.parametrize("width", [COLUMN_INCHES, 7.0])
def test_every_cell_has_the_value_of_its_machine_and_format(width):
    table = wide()
    figure = draw_speedup(table, "words", width)
    figure.draw_without_rendering()
    cells = 0
    for axes in maps(figure):
        rows = table[table["pruner"] == {"unpruned": "none", "2:4 50%": "2:4"}[axes.get_title()]]
        by_place = rows.set_index(["machine", "format"])
        formats = [word.replace("\n", "") for word in tick_words(axes.xaxis)]
        machines = tick_words(axes.yaxis) or tick_words(maps(figure)[0].yaxis)
        assert machines == list(dict.fromkeys(table["machine"]))
        words = {text.get_position(): text for text in axes.texts}
        colours = axes.images[0].get_array()
        for row, machine in enumerate(machines):
            for column, format in enumerate(formats):
                point, text = by_place.loc[(machine, format)], words[column, row]
                if point["status"] == "refused":
                    assert text.get_text() == "×"
                    assert colours.mask[row, column]
                else:
                    assert float(text.get_text()) == pytest.approx(point["speedup"], rel=5e-3, abs=5e-3 * 0.1)
                    assert colours[row, column] == pytest.approx(point["speedup"])
                left, right = (axes.transData.transform((column + side, row))[0] for side in (-0.5, 0.5))
                box = text.get_window_extent()
                assert left <= box.x0 < box.x1 <= right
                cells += 1
    assert cells == len(table)


def test_a_row_is_drawn_from_the_top_down():
    (first, *_) = maps(draw_speedup(wide(), "words"))
    top, bottom = first.get_ylim()[1], first.get_ylim()[0]
    assert top < 0 < 8 < bottom


def test_blue_is_faster_and_orange_is_slower_and_both_as_far():
    (axes, *_) = maps(draw_speedup(wide(), "words"))
    image = axes.images[0]
    red, _, blue, _ = np.moveaxis(image.cmap(image.norm([0.1, 0.5, 1, 2, 10])), -1, 0)
    assert list(red > blue + 0.02) == [True, True, False, False, False]
    assert list(blue > red + 0.02) == [False, False, False, True, True]
    assert red[2] == pytest.approx(1, abs=0.01)


def test_the_scale_is_as_long_as_the_values_are_far_from_one():
    for values, ends in (([1.0, 1.2], (0.5, 2)), ([0.25, 3.0], (0.25, 4)), ([0.001, 2.0], (0.1, 10))):
        scale = colour_scale(wide(1, 2).assign(speedup=[*values, *values])["speedup"])
        assert (scale.vmin, scale.vmax) == pytest.approx(ends)


def test_the_scale_of_colours_has_plain_numbers():
    figure = draw_speedup(wide(), "words")
    (bar,) = [axes for axes in figure.axes if axes.get_xlabel() == "speedup (blue: faster)"]
    assert tick_words(bar.xaxis) == ["0.1x", "0.2x", "0.5x", "1x", "2x", "5x", "10x"]
