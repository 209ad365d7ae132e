"""The picture of a crossover shows every point where it is, the crossing ringed and the band between its levels."""

import json

import pytest

import sparsesim as ss
from sparsesim.report.crossover import draw_crossover
from sparsesim.report.style import SERIES_COLOURS
from tests.report.artists import legend_words, points_of, tick_words, words_in
from tests.report.samples import crossover

RING = SERIES_COLOURS[5]


def only(figure):
    (axes,) = figure.axes
    return axes


def test_points_stand_at_their_density_and_ratio():
    axes = only(draw_crossover(crossover()))
    densities, ratios = zip(*points_of(axes, SERIES_COLOURS[0]), strict=True)
    assert densities == pytest.approx((0.5, 0.2, 0.11, 0.1, 0.05))
    assert ratios == (0.25, 0.6, 0.95, 1.05, 1.6)
    left, right = axes.get_xlim()
    assert left > right  # sparsity grows to the right
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert "50%" in tick_words(axes.xaxis)


def test_the_crossing_is_ringed_and_told():
    axes = only(draw_crossover(crossover()))
    (ring,) = points_of(axes, RING)
    assert ring == pytest.approx((0.1, 1.05))
    ((words, place),) = words_in(axes)
    assert words == "90 %"
    assert place == pytest.approx((0.1, 1.05))


def test_the_band_lies_between_its_levels():
    axes = only(draw_crossover(crossover()))
    (band,) = axes.patches
    (_, low), (_, high) = band.get_extents().transformed(axes.transData.inverted()).get_points()
    assert (low, high) == pytest.approx((1 / 1.1, 1.1))


def test_words_say_what_is_compared():
    figure = draw_crossover(crossover())
    assert only(figure).get_ylabel() == "ratio of time (above 1x: csr@gpu)"
    assert legend_words(figure) == ["looked at", "crossing", "within 10 % of each other"]
    (caption,) = [text.get_text() for text in figure.texts]
    assert "Time of dense@gpu over that of csr@gpu" in caption
    assert "csr@gpu overtakes dense@gpu at sparsity 90 %." in caption


def test_a_batch_is_drawn_as_it_is():
    found = crossover() | {"over": "batch", "figure": "energy_pj", "crossings": []}
    found["points"] = [{"value": value, "ratio": ratio} for value, ratio in ((1, 2.0), (16, 1.2), (256, 0.5))]
    axes = only(draw_crossover(found))
    assert points_of(axes, SERIES_COLOURS[0]) == [(1, 2.0), (16, 1.2), (256, 0.5)]
    assert points_of(axes, RING) == []
    assert axes.get_xlim()[0] < axes.get_xlim()[1]
    assert axes.get_xlabel() == "batch [samples]"
    assert "energy" in axes.get_ylabel()


def test_it_can_be_drawn_again_from_saved_json():
    found = ss.crossover("nm-2:4@a100-pcie", "dense@a100-pcie", "size", pruner="2:4", points=3, high=1024)
    saved = json.loads(json.dumps(found.as_object()))
    axes = only(draw_crossover(saved))
    assert len(points_of(axes, SERIES_COLOURS[0])) == len(found.points)
    assert points_of(axes, RING) == [(each.value, each.ratio) for each in found.crossings]
