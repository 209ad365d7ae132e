"""The picture of an explanation: bars are shares of the time, cells are speedups, each where its names say."""

import json

import pytest
from matplotlib.colors import to_hex

import sparsesim as ss
from sparsesim.report.bottlenecks import draw_bottlenecks
from sparsesim.report.resources import resource_styles
from tests.report.artists import legend_words, tick_words
from tests.report.samples import bottlenecks


@pytest.fixture(scope="module")
def panels():
    return draw_bottlenecks(bottlenecks()).axes


def bars(axes):
    """(row, left, right, colour) of every bar."""
    boxes = [(bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height(), bar.get_facecolor()) for bar in axes.patches]
    return [(round(low + tall / 2), left, left + wide, to_hex(colour)) for left, low, wide, tall, colour in boxes]


def cells(axes):
    """What every cell says, by row and column."""
    return {(round(text.get_position()[1]), round(text.get_position()[0])): text.get_text() for text in axes.texts}


def test_layers_that_are_alike_share_a_row_and_the_total_stands_last(panels):
    assert tick_words(panels[0].yaxis) == ["fc1 (x2), 10 µs", "conv, 30 µs", "total, 50 µs"]
    assert panels[0].get_ylim() == panels[1].get_ylim() == (2.5, -0.5)


def test_bars_are_shares_of_the_time_of_their_row(panels):
    names = ("math", "latency", "merger", "launch")
    colours = {name: colour.lower() for name, (colour, _) in resource_styles(names).items()}
    assert bars(panels[0]) == [
        (0, 0, pytest.approx(75), colours["math"]),
        (0, pytest.approx(75), pytest.approx(100), colours["latency"]),
        (1, 0, pytest.approx(90), colours["merger"]),
        (1, pytest.approx(90), pytest.approx(100), colours["launch"]),
        (2, 0, pytest.approx(54), colours["merger"]),
        (2, pytest.approx(54), pytest.approx(84), colours["math"]),
        (2, pytest.approx(84), pytest.approx(94), colours["latency"]),
        (2, pytest.approx(94), pytest.approx(100), colours["launch"]),
    ]


def test_columns_are_ordered_by_the_gain_of_the_total_and_the_idle_ones_left_out(panels):
    assert tick_words(panels[1].xaxis) == [
        "twice the MACs",
        "half the DRAM latency",
        "twice the merger",
        "twice the clock",
        "twice all at once",
    ]


def test_cells_are_speedups(panels):
    assert cells(panels[1]) == {
        **{(0, 0): "1.50", (0, 1): "1.20", (0, 2): "", (0, 3): "1.60", (0, 4): "2.00"},
        **{(1, 0): "", (1, 1): "1.01", (1, 2): "1.30", (1, 3): "1.90", (1, 4): "2.10"},
        **{(2, 0): "1.25", (2, 1): "1.10", (2, 2): "1.10", (2, 3): "1.70", (2, 4): "2.05"},
    }
    image = panels[1].images[0]
    assert image.get_array()[0, 4] == pytest.approx(1)  # twice as fast
    assert image.get_array()[1, 0] == 0


def test_the_legend_names_what_time_goes_to():
    assert legend_words(draw_bottlenecks(bottlenecks())) == ["math", "latency", "merger", "launch"]


def test_it_can_be_drawn_again_from_saved_json():
    found = ss.explain("digits-cnn", endless=False)
    figure = draw_bottlenecks(json.loads(json.dumps(found.as_object())))
    rows = tick_words(figure.axes[0].yaxis)
    assert rows[-1].startswith("total, ")
    assert len(rows) == len(found.alike()) + 1
    (single,) = tick_words(draw_bottlenecks(ss.explain(gemm=(8, 64, 64)).as_object()).axes[0].yaxis)
    assert single.startswith("gemm 8 x 64 x 64, ")
