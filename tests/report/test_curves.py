"""Curves over an axis: every point lies where its row says, in units that people use, and crossings lie on 1."""

import math

import pandas as pd
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.report.axis_scale import across
from sparsesim.report.curve_panel import crossings
from sparsesim.report.curves import MOST_SERIES, draw_curves
from sparsesim.report.quantity import is_logarithmic, quantity
from sparsesim.report.swept import panels_for, telling, without_axes
from tests.report.artists import legend_words, line_of, panel, tick_words
from tests.report.samples import over_bandwidth

BANDWIDTH = "dram.bandwidth_bytes_per_s"


def rings(axes):
    return [(line.get_xdata()[0], line.get_color()) for line in axes.lines if line.get_fillstyle() == "none"]


def test_every_point_lies_at_its_bandwidth_and_speedup():
    table = over_bandwidth()
    figure = draw_curves(table, BANDWIDTH, panels="sparsity")
    assert [axes.get_title() for axes in figure.axes] == ["magnitude 50%", "magnitude 90%"]
    for (sparsity, format), rows in table.groupby(["sparsity", "format"]):
        axes = panel(figure, f"{100 * sparsity:g}%")
        swept = rows.dropna(subset=["axis_" + BANDWIDTH, "speedup"])
        x, y = line_of(axes, f"{format}, unit")
        assert x == pytest.approx((swept["axis_" + BANDWIDTH] / 1e9).to_list())
        assert y == pytest.approx(swept["speedup"].to_list())
        (level,) = rows.loc[rows["machine"] == "cpu", "speedup"]
        assert line_of(axes, f"{format}, cpu") == ([*axes.get_xlim()], [level, level])
    assert "refused" in figure.texts[0].get_text()


def test_axes_have_the_units_and_the_spacing_of_their_values():
    table = over_bandwidth()
    axes = draw_curves(table, BANDWIDTH, of="seconds", panels="sparsity").axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("DRAM bandwidth [GB/s]", "time [µs]")
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert sorted(tick_words(axes.xaxis), key=int) == ["64", "128", "256", "512"]
    own = table[(table["format"] == "format-0") & (table["sparsity"] == 0.5) & (table["machine"] != "cpu")]
    assert line_of(axes, "format-0, unit")[1] == pytest.approx((1e6 * own["seconds"]).to_list())
    assert not rings(axes)  # 1 µs is nothing special


@pytest.mark.parametrize(
    ("column", "values", "label", "told"),
    [
        ("axis_dram.bandwidth_bytes_per_s", [1e12, 2e12], "DRAM bandwidth [TB/s]", "1"),
        ("axis_accelerator.cache.size_bytes", [32 * 1024, 2**20], "cache size [KiB]", "32"),
        ("axis_accelerator.cache.size_bytes", [32 * 1024, 10**6], "cache size [kB]", "32.768"),
        ("axis_accelerator.merge_ways", [32, 64], "merge ways", "32"),
        ("axis_kernels.gemm.sms", [54, 108], "gemm sms", "54"),
        ("axis_clock_hz", [1.41e9], "clock [GHz]", "1.41"),
        ("axis_dram.latency_ns", [80, 400], "DRAM latency [ns]", "80"),
        ("axis_batch", [1, 64], "batch [samples]", "1"),
        ("sparsity", [0.5, 0.98], "sparsity", "50%"),
        ("speedup", [0.5], "speedup", "0.5x"),
        ("energy_total_pj", [3e9], "energy [mJ]", "3"),
        ("energy_dram_pj", [3e6], "DRAM energy [µJ]", "3"),
        ("dram_total_bytes", [3e6], "DRAM bytes of total [MB]", "3"),
    ],
)
def test_quantities_read_as_people_say_them(column, values, label, told):
    shown = quantity(column, values)
    assert shown.label == label
    assert shown.words(values[0]) == told


def test_what_is_spaced_by_factors_is_logarithmic():
    assert is_logarithmic([1, 4, 16, 64])
    assert is_logarithmic([1, 64])
    assert not is_logarithmic([1, 2, 3, 4, 5, 6])
    assert not is_logarithmic([100, 120, 150])
    assert not is_logarithmic([0, 1, 10])


def test_sparsities_are_as_far_apart_as_what_is_left():
    scale = across("sparsity", [0.5, 0.75, 0.875])
    shares = [scale.share(1 - sparsity) for sparsity in (0.5, 0.75, 0.875)]
    assert shares[1] - shares[0] == pytest.approx(shares[2] - shares[1])
    assert shares == sorted(shares)
    assert scale.words(0.25) == "75%"


def test_a_crossing_lies_on_the_line_as_it_is_drawn():
    by_factors = across("axis_batch", [1, 4, 16])
    assert crossings([(1, 2.0), (4, 0.5), (16, 0.25)], by_factors) == [(pytest.approx(2.0), 1.0)]
    assert crossings([(1, 2.0), (4, 1.0), (16, 0.25)], by_factors) == [(pytest.approx(4.0), 1.0)]
    assert not crossings([(1, 2.0), (4, 1.0), (16, 2.0)], by_factors)
    assert not crossings([(1, 0.5), (4, 1.0), (16, 0.5)], by_factors)
    assert not crossings([(1, 1.0), (4, 1.0), (16, 1.0)], by_factors)
    assert crossings([(1, 2.0), (4, math.nan), (16, 0.5)], by_factors) == [(pytest.approx(4.0), 1.0)]
    evenly = across("axis_merge_ways", [1, 2, 3])
    assert crossings([(1, 2.0), (2, 0.5)], evenly) == [(pytest.approx(1.5), 1.0)]


def test_rings_stand_where_a_series_becomes_faster_than_the_baseline():
    table = over_bandwidth()
    figure = draw_curves(table, BANDWIDTH, panels="sparsity")
    for axes in figure.axes:
        for place, colour in rings(axes):
            assert 64 < place < 512
            (line,) = [line for line in axes.lines if line.get_color() == colour and len(line.get_xdata()) > 2]
            below = [y for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True) if x < place]
            above = [y for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True) if x > place]
            assert max(below) < 1 < min(above)
    assert sum(len(rings(axes)) for axes in figure.axes) == 4
    assert "256" not in [text.get_text() for axes in figure.axes for text in axes.texts]


def test_more_series_than_can_be_told_apart_are_not_drawn_and_that_is_said():
    figure = draw_curves(over_bandwidth(MOST_SERIES + 2), BANDWIDTH, panels=["sparsity", "machine"])
    assert len(legend_words(figure)) == MOST_SERIES
    drawn = [height for axes in figure.axes for line in axes.lines for height in line.get_ydata()]
    assert figure.axes[0].get_ylim()[1] < 2 * max(drawn)
    assert f"The first {MOST_SERIES} of {MOST_SERIES + 2} series" in figure.texts[0].get_text()


def test_labels_lose_what_an_axis_says_and_nothing_else():
    rows = [
        {
            "network": f"net (fc*, batch {batch}) (synthetic)",
            "machine": f"unit ({ways}, 8 GB/s)",
            "axis_batch": batch,
            "axis_ways": ways,
        }
        for batch in (1, 2)
        for ways in (32, 64)
    ]
    rows.append(
        {
            "network": "net (conv*, batch 2) (synthetic)",
            "machine": "unit (32, 8 GB/s)",
            "axis_batch": 2,
            "axis_ways": 32,
        }
    )
    table = pd.DataFrame(rows).assign(pruner="none", sparsity=0.0, format="dense")
    short = without_axes(table)
    assert set(short["network"]) == {"net (fc*) (synthetic)", "net (conv*) (synthetic)"}
    assert set(short["machine"]) == {"unit (8 GB/s)"}
    assert telling(short, "axis_batch", []) == ["network", "axis_ways"]


def test_columns_that_go_together_do_not_tell_series_apart():
    table = over_bandwidth().dropna(subset=["axis_" + BANDWIDTH])
    zipped = without_axes(table.assign(axis_ways=table["axis_" + BANDWIDTH] / 1e9))
    assert telling(zipped, "axis_" + BANDWIDTH, ["sparsity"]) == ["format"]
    assert panels_for(zipped, "axis_" + BANDWIDTH, 3) == ["sparsity"]
    assert panels_for(zipped, "axis_" + BANDWIDTH, 6) == []


@pytest.mark.parametrize(
    ("over", "fault"),
    [("bandwith", "unknown column 'bandwith'"), ("format", "format: numbers are needed, found 'format-0'")],
)
def test_what_is_no_axis_is_refused(over, fault):
    with pytest.raises((InputError, UnknownNameError), match=fault):
        draw_curves(over_bandwidth(), over)


def test_there_is_nothing_to_draw_without_points():
    with pytest.raises(InputError, match="nothing to draw: every point was refused"):
        draw_curves(over_bandwidth().assign(status="refused"), BANDWIDTH)
    with pytest.raises(InputError, match="nothing to draw: no point has both"):
        draw_curves(over_bandwidth().query("machine == 'cpu'"), BANDWIDTH)


@pytest.mark.parametrize("column", ["sparsity", "axis_batch"])
def test_of_two_crossings_side_by_side_the_left_label_stands_left(column):
    values = {"sparsity": (0.5, 0.8, 0.9, 0.95), "axis_batch": (1, 2, 4, 8)}[column]
    rows = [
        {column: value, "format": format, "status": "ok", "speedup": 0.7 * factor * 1.5**place}
        for format, factor in (("later", 1.0), ("sooner", 1.03))
        for place, value in enumerate(values)
    ]
    table = pd.DataFrame(rows).assign(network="net", machine="unit", pruner="magnitude")
    axes = draw_curves(table if column == "sparsity" else table.assign(sparsity=0.9), column).axes[0]
    placed = {float(text.get_text().rstrip("%")): text.get_position()[0] for text in axes.texts}
    assert len(placed) == 2
    assert [placed[value] for value in sorted(placed)] == sorted(placed.values())
