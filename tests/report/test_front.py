"""The front of a search: trials, uniform sparsities, whiskers."""

import numpy as np
import pytest

from sparsesim.report.front import draw_front
from tests.report.artists import legend_words, line_of
from tests.report.samples import explored

SERIES = {"front": "state == 'front'", "breaks a constraint": "state == 'excluded'", "beaten": "state == 'beaten'"}


def xy(table, across="seconds", up="accuracy"):
    factors = {"seconds": 1e6, "accuracy": 100, "trial": 1, "area_mm2": 1}
    return sorted(zip(table[across] * factors[across], table[up] * factors[up], strict=True))


@pytest.mark.parametrize("label", [*SERIES, "uniform sparsity"])
def test_every_kind_of_trial_has_its_marks(label):
    table = explored()
    (axes,) = draw_front(table, ["seconds", "accuracy"]).axes
    chosen = table.query(SERIES[label]) if label in SERIES else table[table["origin"].str.startswith("uniform")]
    assert np.allclose(sorted(zip(*line_of(axes, label), strict=True)), xy(chosen))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time [µs]", "accuracy, %")


def test_accuracies_that_were_not_searched_on_have_whiskers():
    (axes,) = draw_front(explored(), ["seconds", "accuracy"]).axes
    (container,) = axes.containers
    line, _, (whiskers,) = container.lines
    assert np.allclose(sorted(zip(line.get_xdata(), line.get_ydata(), strict=True)), [(4, 83), (7, 91)])
    ends = sorted((segment[0][1], segment[1][1]) for segment in whiskers.get_segments())
    assert np.allclose(ends, [(79, 87), (88, 94)])


def test_one_objective_is_drawn_over_the_trials():
    """The line goes down over those that were the best by then."""
    table = explored().assign(state="beaten", held_out_accuracy=None)
    table.loc[6, "state"] = "refused"
    table.loc[2, "state"] = "excluded"
    table.loc[5, "state"] = "front"
    (axes,) = draw_front(table, ["seconds"]).axes
    assert np.allclose(line_of(axes, "best so far"), [[0, 1, 5], [9, 4, 2]])
    assert axes.get_ylabel() == "time [µs]"
    accuracy = table.assign(state=["beaten", "beaten", "excluded", "beaten", "front", "beaten", "refused"])
    (axes,) = draw_front(accuracy, ["accuracy"]).axes
    assert np.allclose(line_of(axes, "best so far"), [[0, 4], [92, 93]])


def test_three_objectives_have_two_panels_that_share_the_first():
    table = explored().assign(area_mm2=[9.0, 8, 7, 6, 5, 4, np.nan])
    figure = draw_front(table, ["seconds", "accuracy", "area_mm2"], "a title")
    assert [axes.get_ylabel() for axes in figure.axes] == ["accuracy, %", "area [mm²]"]
    assert {axes.get_xlabel() for axes in figure.axes} == {"time [µs]"}
    front = table[table["state"] == "front"]
    assert np.allclose(sorted(zip(*line_of(figure.axes[1], "front"), strict=True)), xy(front, up="area_mm2"))
    assert figure.get_suptitle() == "a title"
    assert len(legend_words(figure)) == 5
