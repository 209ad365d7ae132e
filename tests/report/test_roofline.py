"""Roofs and points as they were drawn, held against the table."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from sparsesim.report.roofline import draw_roofline
from sparsesim.report.style import MARKERS
from tests.report import samples
from tests.report.artists import legend_words, points_of


def fastest(table):
    """The layers that must be drawn, with their intensity in MACs per byte and their rate in GMAC/s."""
    done = table[(table["status"] == "ok") & (table["macs"] > 0)].sort_values("seconds", kind="stable")
    best = done.drop_duplicates(["network", "layer", "pruner", "sparsity", "machine"])
    traffic = best[[name for name in best if name.startswith("dram_") and name.endswith("_bytes")]].sum(axis=1)
    return best.assign(x=best["macs"] / traffic, y=best["macs"] / best["seconds"] / 1e9)


def roofs(axes):
    return {line.get_label(): line for line in axes.lines if line.get_marker() == "None"}


@pytest.fixture(params=["by hand", "real run"])
def table(request):
    return samples.layers() if request.param == "by hand" else request.getfixturevalue("layers")


def test_every_point_is_a_layer_in_the_colour_of_its_machine_and_the_shape_of_its_pruner(table):
    (axes,) = draw_roofline(table).axes
    best = fastest(table)
    shapes = dict(zip(dict.fromkeys(table["pruner"]), MARKERS, strict=False))
    drawn = 0
    for (machine, pruner), rows in best.groupby(["machine", "pruner"]):
        colour = to_hex(roofs(axes)[machine].get_color())
        found = sorted(points_of(axes, colour, shapes[pruner]))
        assert np.allclose(found, sorted(zip(rows["x"], rows["y"], strict=True)), rtol=1e-12)
        drawn += len(found)
    assert drawn == len(points_of(axes)) == len(best)


def test_roofs_rise_with_the_bandwidth_and_end_at_the_peak(table):
    (axes,) = draw_roofline(table).axes
    best = fastest(table)
    assert set(roofs(axes)) == set(best["machine"])
    for machine, line in roofs(axes).items():
        row = best[best["machine"] == machine].iloc[0]
        x, y = line.get_xdata(), line.get_ydata()
        assert np.allclose(y, np.minimum(x * row["peak_bytes_per_s"], row["peak_macs_per_s"]) / 1e9, rtol=1e-12)
        assert y[0] < y[-1] == row["peak_macs_per_s"] / 1e9
        own = best[best["machine"] == machine]["x"]
        assert x[0] < own.min()
        assert x[-1] > own.max()


def test_no_point_lies_above_its_roof(table):
    (axes,) = draw_roofline(table).axes
    checked = 0
    for line in roofs(axes).values():
        x, roof = np.log(line.get_xdata()), np.log(line.get_ydata())
        for across, up in points_of(axes, to_hex(line.get_color())):
            # Between two of its 200 vertices the drawn line cuts off the corner, by 2 % at most.
            assert np.log(up) <= np.interp(np.log(across), x, roof) + 0.02
            checked += 1
    assert checked == len(points_of(axes)) > 0


def test_axes_are_logarithmic_and_the_legend_names_machines_and_pruners():
    figure = draw_roofline(samples.layers())
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert set(legend_words(figure)) == {*samples.MACHINES, "pruner none", "pruner 2:4"}


def test_a_roof_reaches_from_its_slope_to_its_flat_part():
    """From half the lowest intensity (0.05 at most) to four times the highest, or the ridge: 10 MACs a byte."""
    table = samples.layers()
    (axes,) = draw_roofline(table).axes
    best = fastest(table)
    for machine, ridge in (("cpu", 10), ("gpu", 100), ("unit", 10)):
        x = roofs(axes)[machine].get_xdata()
        own = best[best["machine"] == machine]["x"]
        assert x[0] == pytest.approx(min(own.min(), 0.05) / 2)
        assert x[-1] == pytest.approx(4 * max(own.max(), ridge))
