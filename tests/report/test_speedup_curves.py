"""Curves over sparsity: every point lies where its row says, and refused ones are crosses below."""

from itertools import pairwise

import pytest

from sparsesim.report.gains.curves import style
from sparsesim.report.speedup import draw_speedup
from sparsesim.report.style import HATCHES
from tests.report.artists import heading_of, legend_words, line_of, panel_under, tick_words
from tests.report.samples import wide

SPARSITIES = (0.5, 0.7, 0.8, 0.9, 0.95)


def crosses(axes):
    """Places of refused points by colour."""
    return {line.get_color(): line for line in axes.lines if line.get_marker() == "x"}


@pytest.mark.parametrize("formats", [3, 8])
def test_every_point_lies_over_its_sparsity_at_its_speedup(formats):
    table = wide(4, formats, SPARSITIES)
    figure = draw_speedup(table, "words")
    assert legend_words(figure) == [f"format-{number}" for number in range(formats)]
    assert [axes.get_title() for axes in figure.axes] == [f"machine-{number}" for number in range(4)]
    assert {heading_of(axes) for axes in figure.axes} == {"net: magnitude"}
    drawn = 0
    for (machine, format), rows in table.groupby(["machine", "format"]):
        axes = panel_under(figure, "net: magnitude", machine)
        x, y = line_of(axes, format)
        assert x == pytest.approx([1 - sparsity for sparsity in SPARSITIES])
        assert y == pytest.approx(rows["speedup"].to_list(), nan_ok=True)
        colour = style(int(format[-1]), formats)["color"]
        refused = (
            [place for place in crosses(axes).items() if place[0] == colour] if rows["speedup"].isna().any() else []
        )
        for _, line in refused:
            assert max(line.get_ydata()) < table["speedup"].min()
            assert len(line.get_xdata()) == 5
        drawn += len(rows)
    assert drawn == len(table)


def test_refused_formats_have_a_lane_each():
    figure = draw_speedup(wide(5, 6, SPARSITIES), "words")
    for axes in figure.axes:
        heights = [line.get_ydata()[0] for line in crosses(axes).values()]
        assert heights
        assert len(set(heights)) == len(heights)
        assert all(axes.get_ylim()[0] < height < 1 for height in heights)


def test_the_axis_reads_sparsity_from_left_to_right_and_speedups_in_plain_numbers():
    figure = draw_speedup(wide(4, 3, SPARSITIES), "words")
    for axes in figure.axes:
        assert axes.xaxis_inverted()
        assert [word for _, word in sorted(zip(-axes.get_xticks(), tick_words(axes.xaxis), strict=True))][-1] == "95%"
        assert axes.get_xlabel() == "sparsity"
    first = figure.axes[0]
    assert first.get_ylabel() == "speedup"
    assert all("e" not in word and "$" not in word for word in tick_words(first.yaxis))
    assert "1x" in tick_words(first.yaxis)
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_labels_of_close_sparsities_do_not_touch():
    figure = draw_speedup(wide(4, 2, (0.5, 0.9, 0.91, 0.92, 0.93, 0.99)), "words")
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    ordered = sorted(boxes, key=lambda box: box.x0)
    assert len(ordered) >= 2
    assert all(left.x1 < right.x0 for left, right in pairwise(ordered))


def test_two_sparsities_are_bars_and_three_are_curves():
    assert draw_speedup(wide(2, 2, (0.5, 0.9)), "words").axes[0].containers
    assert not draw_speedup(wide(2, 2, (0.5, 0.7, 0.9)), "words").axes[0].containers


def test_series_differ_beyond_the_colours():
    looks = [style(number, 12) for number in range(12)]
    assert len({(look["color"], look["linestyle"]) for look in looks}) == 12
    assert len({look["color"] for look in looks}) == 6
    assert HATCHES  # bars never need them: more than six formats are a heat map
