"""Bars of speedup: height, place and label of each are those of its row."""

import math
from itertools import pairwise

import pandas as pd
import pytest

from sparsesim.report.speedup import draw_speedup
from sparsesim.results import compare_to_baseline, totals
from tests.report.artists import legend_words, panel, points_of, tick_words
from tests.report.samples import compared


def check(table):
    figure = draw_speedup(table, "words")
    bars = refusals = 0
    for (network, pruner), rows in table.groupby(["network", "pruner"]):
        axes = panel(figure, f"{network}\n", f"\n{pruner},")
        machines = tick_words(axes.xaxis)
        assert set(machines) == set(rows["machine"])
        crosses = {round(x, 6) for x, y in points_of(axes, marker="x") if y == 1}
        formats = [container.get_label() for container in axes.containers]
        assert formats == legend_words(figure)
        left_ends = [[bar.get_x() for bar in container.patches] for container in axes.containers]
        assert all(a < b for ends in zip(*left_ends, strict=True) for a, b in pairwise(ends))
        for container, format in zip(axes.containers, formats, strict=True):
            for place, (bar, machine) in enumerate(zip(container.patches, machines, strict=True)):
                (speedup,) = rows[(rows["machine"] == machine) & (rows["format"] == format)]["speedup"]
                centre = bar.get_x() + bar.get_width() / 2
                assert abs(centre - place) < 0.5
                assert (round(centre, 6) in crosses) == math.isnan(speedup)
                assert bar.get_y() == 1
                assert bar.get_y() + bar.get_height() == pytest.approx(1 if math.isnan(speedup) else speedup)
                bars, refusals = bars + 1, refusals + math.isnan(speedup)
        assert axes.get_yscale() == "log"
    assert bars == len(table)
    assert refusals == table["speedup"].isna().sum() > 0


def test_every_bar_has_the_speedup_of_its_machine_and_format():
    check(compared())


def test_bars_of_a_real_run(layers):
    check(compare_to_baseline(totals(layers), {"machine": "a100-pcie", "pruner": "none", "format": "dense"}))


def test_panels_are_labelled_and_say_what_one_is(layers):
    table = compare_to_baseline(totals(layers), {"machine": "a100-pcie", "pruner": "none", "format": "dense"})
    figure = draw_speedup(table, "a100-pcie dense")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["digits-cnn\nnone, sparsity 0%", "digits-cnn\nnm-2:4, sparsity 50%"]
    assert figure.get_supxlabel().startswith("1 = a100-pcie dense;")


def test_a_format_has_one_colour_in_all_panels():
    table = compared()
    figure = draw_speedup(table[(table["network"] == "small") | (table["format"] == "csr")], "words")
    colours = {}
    for axes in figure.axes:
        for container in axes.containers:
            colours.setdefault(container.get_label(), set()).add(container.patches[0].get_facecolor())
    assert {format: len(found) for format, found in colours.items()} == {"dense": 1, "csr": 1}


def test_bars_of_a_machine_stand_side_by_side_around_its_name():
    (axes, *_) = draw_speedup(compared(), "words").axes
    dense, csr = ([(bar.get_x(), bar.get_width()) for bar in container.patches] for container in axes.containers)
    assert dense == [(pytest.approx(place - 0.425), pytest.approx(0.425)) for place in range(3)]
    assert csr == [(pytest.approx(place), pytest.approx(0.425)) for place in range(3)]
    assert list(axes.get_xticks()) == [0, 1, 2]


def test_more_formats_than_colours_are_hatched():
    table = compared()[lambda each: (each["machine"] == "cpu") & (each["format"] == "dense")]
    many = pd.concat([table.assign(format=f"format {number}") for number in range(10)])
    (axes, *_) = draw_speedup(many, "words").axes
    bars = [container.patches[0] for container in axes.containers]
    assert [bar.get_hatch() or "" for bar in bars] == [""] * 8 + ["//"] * 2
    assert bars[0].get_facecolor() == bars[8].get_facecolor() != bars[1].get_facecolor()
    assert len({(bar.get_facecolor(), bar.get_hatch()) for bar in bars}) == 10
