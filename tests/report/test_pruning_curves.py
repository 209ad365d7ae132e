"""Curves of sensitivity and of the ladder; what they show is read from the axes."""

import numpy as np
import pytest

from sparsesim.report.ladder import draw_ladder
from sparsesim.report.sensitivity import draw_sensitivity
from tests.report.artists import legend_words, line_of, tick_words
from tests.report.samples import ladder, sensitivity


def levels(axes):
    """Heights of the horizontal lines."""
    return [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]]


def test_sensitivity_has_a_curve_per_layer_in_per_cent():
    figure = draw_sensitivity(sensitivity(), 0.9, 0.1)
    (axes,) = figure.axes
    assert legend_words(figure) == ["conv", "fc"]
    for layer, accuracies in (("conv", [90, 85, 40]), ("fc", [90, 89, 80])):
        x, y = line_of(axes, layer)
        assert x == pytest.approx([0, 50, 90])
        assert y == pytest.approx(accuracies)
    assert levels(axes) == pytest.approx([90, 80])
    assert "dotted: 10 points below" in axes.get_title()


def test_chosen_ratios_are_ringed():
    (axes,) = draw_sensitivity(sensitivity(), 0.9, 0.1, {"conv": 0.5, "fc": 0.25}).axes
    rings = [line for line in axes.lines if line.get_fillstyle() == "none"]
    assert [(list(r.get_xdata()), list(r.get_ydata())) for r in rings] == [([50], [pytest.approx(85)])]
    assert rings[0].get_color() == next(line for line in axes.lines if line.get_label() == "conv").get_color()


def test_without_a_limit_there_is_one_level():
    (axes,) = draw_sensitivity(sensitivity(), 0.9).axes
    assert levels(axes) == pytest.approx([90])


def test_more_layers_than_colours_differ_in_their_lines():
    rows = [{"layer": f"layer{i}", "ratio": 0.0, "accuracy": 0.9} for i in range(20)]
    (axes,) = draw_sensitivity(rows, 0.9).axes
    curves = [line for line in axes.lines if str(line.get_label()).startswith("layer")]
    assert len({(line.get_color(), line.get_linestyle()) for line in curves}) == 20


def test_the_ladder_has_means_and_whiskers_in_per_cent():
    figure = draw_ladder(ladder(), 0.93, 0.01)
    (axes,) = figure.axes
    assert legend_words(figure) == ["one", "two"]
    assert tick_words(axes.xaxis) == ["2x", "10x"]
    assert levels(axes) == pytest.approx([93, 92])
    for container, means in zip(axes.containers, ([90, 70], [92, 85]), strict=True):
        line, _, (whiskers,) = container.lines
        assert list(line.get_xdata()) == [2, 10]
        assert list(line.get_ydata()) == pytest.approx(means)
        reach = [(low[1], high[1]) for low, high in whiskers.get_segments()]
        assert np.allclose(reach, [(mean - 5, mean + 2) for mean in means])


def test_a_ladder_may_have_more_methods_than_there_are_colours():
    rows = [
        {"method": f"method {i}", "reduction": 2, "accuracy": 0.5, "lowest": 0.5, "highest": 0.5} for i in range(12)
    ]
    assert len(legend_words(draw_ladder(rows, 0.9, 0.01))) == 12


@pytest.mark.parametrize(("layers", "columns"), [(24, 1), (25, 2), (49, 3)])
def test_layers_have_room_in_the_legend(layers, columns):
    rows = [{"layer": f"layer{i}", "ratio": ratio, "accuracy": 0.9} for i in range(layers) for ratio in (0, 1)]
    (axes,) = draw_sensitivity(rows, 0.9).axes
    assert axes.get_legend()._ncols == columns
    figure = axes.figure
    figure.draw_without_rendering()
    assert axes.get_legend().get_tightbbox().x1 <= figure.bbox.x1


def test_rings_are_those_of_ratios_that_were_tried():
    rows = sensitivity()
    (axes,) = draw_sensitivity(rows, 0.9, None, {"conv": 0.5 + 1e-12, "fc": 0.5001}).axes
    assert sum(line.get_fillstyle() == "none" for line in axes.lines) == 1
