"""Bars of speedup: length, place, colour and value of each are those of its row."""

import math
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_hex

from sparsesim.report.layout import COLUMN_INCHES
from sparsesim.report.speedup import draw_speedup
from sparsesim.report.style import SERIES_COLOURS
from sparsesim.results import compare_to_baseline, totals
from tests.report.artists import heading_of, legend_words, panel_under, tick_words, words_in
from tests.report.samples import compared, wide

TITLES = {"none": "unpruned", "2:4": "2:4 50%", "nm-2:4": "nm-2:4 50%"}


def check(table):
    """Compare every bar, and the value beside it, with the table."""
    figure = draw_speedup(table, "words")
    bars = 0
    for (network, pruner), rows in table.groupby(["network", "pruner"]):
        axes = panel_under(figure, network, TITLES[pruner])
        first = panel_under(figure, network, TITLES[table["pruner"].iloc[0]])
        machines = tick_words(first.yaxis)  # only the first panel of a line has names, at the same places
        assert first.get_ylim() == axes.get_ylim()
        assert machines == list(dict.fromkeys(table["machine"]))
        middles = axes.get_yticks()
        formats = [container.get_label() for container in axes.containers]
        assert formats == legend_words(figure) == list(dict.fromkeys(table["format"]))
        beside = {round(float(xy[1]), 6): (words, float(xy[0])) for words, xy in words_in(axes)}
        for number, (container, format) in enumerate(zip(axes.containers, formats, strict=True)):
            for bar, machine, middle in zip(container.patches, machines, middles, strict=True):
                (row,) = rows[(rows["machine"] == machine) & (rows["format"] == format)].to_dict("records")
                speedup, centre = row["speedup"], bar.get_y() + bar.get_height() / 2
                assert abs(centre - middle) < (middles[0] - axes.get_ylim()[1])
                assert to_hex(bar.get_facecolor()) == SERIES_COLOURS[number].lower()
                words, end = beside[round(centre, 6)]
                assert sorted((bar.get_x(), bar.get_x() + bar.get_width())) == pytest.approx(sorted((1, end)))
                if row["status"] != "ok":
                    assert (words, end) == ("× refused", 1)
                elif math.isnan(speedup):
                    assert (words, end) == ("no baseline", 1)
                else:
                    assert end == pytest.approx(speedup)
                    assert float(words) == pytest.approx(speedup, rel=5.1e-3)
                bars += 1
        tops = [[bar.get_y() for bar in container.patches] for container in axes.containers]
        assert all(a < b for ends in zip(*tops, strict=True) for a, b in pairwise(ends))
    assert bars == len(table)
    return figure


def test_every_bar_has_the_speedup_of_its_machine_and_format():
    table = compared()
    assert table["speedup"].isna().sum() > 0
    check(table)


def test_bars_of_a_real_run(layers):
    check(compare_to_baseline(totals(layers), {"machine": "a100-pcie", "pruner": "none", "format": "dense"}))


def test_a_point_whose_baseline_was_refused_is_not_called_refused(layers):
    """The format nm-2:4 refuses weights that are not pruned, and those are what it is compared with here."""
    table = compare_to_baseline(totals(layers), {"pruner": "none", "machine": "a100-pcie", "format": "nm-2:4"})
    assert ((table["status"] == "ok") & table["speedup"].isna()).any()
    check(table)


def test_panels_of_a_network_share_a_scale_and_all_have_ticks_in_plain_numbers():
    figure = draw_speedup(compared(), "words")
    by_network = {}
    for axes in figure.axes:
        by_network.setdefault(heading_of(axes), set()).add(axes.get_xlim())
        words = tick_words(axes.xaxis)
        assert len(words) >= 3
        assert [f"{tick:g}x" for tick in axes.get_xticks()] == words
        assert "1x" in words
        assert axes.xaxis.get_minorticklocs().size == 0
    assert {network: len(limits) for network, limits in by_network.items()} == {"small": 1, "large": 1}


@pytest.mark.parametrize("width", [COLUMN_INCHES, 7.0])
def test_values_lie_within_their_panel_and_do_not_touch(width):
    figure = draw_speedup(wide(6, 6), "words", width)
    figure.draw_without_rendering()
    assert figure.get_figwidth() <= width
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        assert len(boxes) == 36
        panel = axes.get_window_extent()
        assert all(panel.x0 <= box.x0 < box.x1 <= panel.x1 + 1 for box in boxes)
        rows = sorted(boxes, key=lambda box: box.y0)
        assert all(below.y1 <= above.y0 + 1.5 for below, above in pairwise(rows))


def test_a_format_has_one_colour_in_all_panels():
    table = compared()
    figure = draw_speedup(table[(table["network"] == "small") | (table["format"] == "csr")], "words")
    colours = {}
    for axes in figure.axes:
        for container in axes.containers:
            colours.setdefault(container.get_label(), set()).add(container.patches[0].get_facecolor())
    assert {format: len(found) for format, found in colours.items()} == {"dense": 1, "csr": 1}


def test_six_formats_on_six_machines_are_bars_and_more_are_a_heat_map():
    for machines, formats, is_map in ((6, 6, False), (7, 2, True), (2, 7, True)):
        figure = draw_speedup(wide(machines, formats), "words")
        assert any(axes.images for axes in figure.axes) == is_map


def test_one_machine_and_three_formats_fit_a_column():
    table = wide(1, 3)
    figure = draw_speedup(table[table["pruner"] == "none"], "words")
    assert figure.get_figwidth() == pytest.approx(COLUMN_INCHES)


def test_equal_speedups_do_not_need_a_scale_of_their_own():
    figure = draw_speedup(compared().assign(speedup=1.0, status="ok"), "words")
    for axes in figure.axes:
        low, high = axes.get_xlim()
        assert low < 1 < high
        assert {words for words, _ in words_in(axes)} == {"1.00"}
        assert np.allclose([bar.get_width() for bar in axes.patches], 0)
