"""Roofs, points and labels as they were drawn, held against the table."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from sparsesim.report.layout import COLUMN_INCHES
from sparsesim.report.resources import resource_styles
from sparsesim.report.roofline import draw_roofline
from sparsesim.report.shapes import common_name, shapes_of
from sparsesim.report.style import GREY, MARKERS
from tests.report import samples
from tests.report.artists import heading_of, legend_words, points_of


def fastest(table):
    """The layers that must be drawn, with their intensity in MACs per byte and their rate in GMAC/s."""
    done = table[(table["status"] == "ok") & (table["macs"] > 0)].sort_values("seconds", kind="stable")
    best = done.drop_duplicates(["network", "layer", "pruner", "sparsity", "machine"])
    traffic = best[[name for name in best if name.startswith("dram_") and name.endswith("_bytes")]].sum(axis=1)
    return best.assign(x=best["macs"] / traffic, y=best["macs"] / best["seconds"] / 1e9)


def panels_of(figure):
    """Each panel with its network and machine."""
    return {(heading_of(axes), axes.get_title().split(",")[0]): axes for axes in figure.axes}


def roofs(axes):
    """Lines in the coordinates of the data without marks; thin lines from labels to points have others."""
    return [line for line in axes.lines if line.get_marker() == "None" and line.get_transform() == axes.transData]


def many_layers(count=50):
    """Layers of one network on one machine, close together, of which every fifth has a shape of its own."""
    one = samples.layers()[lambda table: (table["machine"] == "gpu") & (table["network"] == "small")].iloc[0]
    rows = []
    for number in range(count):
        row = dict(one) | {"layer": f"stage{number // 10}.{number % 10}.conv", "m": 64 + number // 5}
        spread = 1 + 0.4 * math.sin(3.7 * number) + number / 25
        rows.append(row | {"seconds": one["seconds"] * spread, "macs": int(one["macs"] * (1 + (number % 7)))})
    return pd.DataFrame(rows)


@pytest.fixture(params=["by hand", "real run"])
def table(request):
    return samples.layers() if request.param == "by hand" else request.getfixturevalue("layers")


def test_every_point_is_a_layer_in_the_colour_of_its_bottleneck_and_the_shape_of_its_pruner(table):
    panels = panels_of(draw_roofline(table))
    best = fastest(table)
    shapes = dict(zip(dict.fromkeys(table["pruner"]), MARKERS, strict=False))
    colours = resource_styles(best["bottleneck"])
    drawn = 0
    for (network, machine, pruner, bottleneck), rows in best.groupby(["network", "machine", "pruner", "bottleneck"]):
        found = sorted(points_of(panels[network, machine], colours[bottleneck][0], shapes[pruner]))
        assert np.allclose(found, sorted(zip(rows["x"], rows["y"], strict=True)), rtol=1e-12)
        drawn += len(found)
    assert drawn == sum(len(points_of(axes)) for axes in panels.values()) == len(best)


def test_the_legend_says_what_colours_and_marks_are():
    table = samples.layers()
    table.loc[table["layer"] == "conv", "bottleneck"] = "launch"
    figure = draw_roofline(table)
    assert legend_words(figure) == ["bound by launch", "bound by memory", "unpruned", "2:4 50%"]
    colours = [to_hex(handle.get_color()) for handle in figure.legends[0].legend_handles]
    styles = resource_styles(["launch", "memory"])
    assert colours == [styles["launch"][0].lower(), styles["memory"][0].lower(), GREY, GREY]


def test_roofs_rise_with_the_bandwidth_and_end_at_the_peak(table):
    panels = panels_of(draw_roofline(table))
    best = fastest(table)
    assert set(panels) == set(zip(best["network"], best["machine"], strict=True))
    for (_, machine), axes in panels.items():
        row = best[best["machine"] == machine].iloc[0]
        (roof,) = roofs(axes)
        x, y = roof.get_xdata(), roof.get_ydata()
        ridge = row["peak_macs_per_s"] / row["peak_bytes_per_s"]
        assert list(x) == pytest.approx([axes.get_xlim()[0], ridge, axes.get_xlim()[1]])
        assert np.allclose(y, np.minimum(np.array(x) * row["peak_bytes_per_s"], row["peak_macs_per_s"]) / 1e9)


def test_no_point_lies_above_its_roof(table):
    checked = 0
    for axes in panels_of(draw_roofline(table)).values():
        (roof,) = roofs(axes)
        x, y = np.log(roof.get_xdata()), np.log(roof.get_ydata())
        for across, up in points_of(axes):
            assert np.log(up) <= np.interp(np.log(across), x, y) + 1e-9
            checked += 1
    assert checked == len(fastest(table))


def kernels():
    """One card with a dense kernel, a 2:4 kernel of twice the peak, and one that nobody runs fastest."""
    table = samples.layers()[lambda each: each["machine"] != "unit"].copy()
    table["kernel"] = table["format"].map({"dense": "gemm", "csr": "gemm-2:4"})
    table.loc[table["kernel"] == "gemm-2:4", "peak_macs_per_s"] *= 2
    return table


def test_every_kernel_has_a_roof_with_its_name_and_its_peak():
    for (_, machine), axes in panels_of(draw_roofline(kernels())).items():
        peak = samples.MACHINES[machine][0]
        assert [max(line.get_ydata()) for line in roofs(axes)] == pytest.approx([2 * peak / 1e9, peak / 1e9])
        assert len({line.get_linestyle() for line in roofs(axes)}) == 2
        words = [text.get_text() for text in axes.texts]
        assert f"gemm: {peak / 1e12:#.3g}".rstrip(".") + " TMAC/s" in words
        assert f"gemm-2:4: {2 * peak / 1e12:#.3g}".rstrip(".") + " TMAC/s" in words


def test_kernels_of_one_peak_share_a_roof():
    table = kernels().assign(peak_macs_per_s=1e13)
    for axes in panels_of(draw_roofline(table)).values():
        assert len(roofs(axes)) == 1
        assert "gemm, gemm-2:4: 10.0 TMAC/s" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("width", [COLUMN_INCHES, 7.0])
@pytest.mark.parametrize("make", [samples.layers, many_layers, kernels])
def test_labels_cover_neither_each_other_nor_points(make, width):
    figure = draw_roofline(make(), width)
    figure.draw_without_rendering()
    labels = 0
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        panel = axes.get_window_extent()
        for box in boxes:
            assert panel.x0 - 1 <= box.x0 < box.x1 <= panel.x1 + 1
            assert panel.y0 - 1 <= box.y0 < box.y1 <= panel.y1 + 1
            for point in points_of(axes):
                x, y = axes.transData.transform(point)
                assert not (box.x0 < x < box.x1 and box.y0 < y < box.y1)
        for one, other in combinations(boxes, 2):
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            upright = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert min(across, upright) <= 1.5
        labels += len(boxes)
    assert labels > 3


def test_few_layers_are_called_by_name_at_their_points():
    table = samples.layers()
    table["m"] = table["layer"].map({"conv": 2, "fc": 3})  # layers of one shape share a label
    figure, best = draw_roofline(table), fastest(table)
    shown = 0
    for (network, machine), axes in panels_of(figure).items():
        rows = best[(best["network"] == network) & (best["machine"] == machine)]
        for text in axes.texts:
            if "MAC/s" in text.get_text():
                continue
            places = axes.transData.transform(rows[["x", "y"]].to_numpy(float))
            label = axes.transAxes.transform(text.get_position())
            own = places[(rows["layer"] == text.get_text()).to_numpy()]
            assert np.hypot(*(own - label).T).min() < 0.6 * figure.dpi
            shown += 1
    assert shown >= 6


def test_the_longest_of_many_layers_are_named_and_the_others_numbered():
    table = many_layers()
    figure = draw_roofline(table)
    (axes,) = figure.axes
    shapes = shapes_of(table)
    words = [text.get_text() for text in axes.texts if "MAC/s" not in text.get_text()]
    longest = table.sort_values("seconds", ascending=False)["layer"].map(lambda layer: shapes[layer].name).unique()
    named = [word for word in words if not word.isdigit()]
    assert set(named) <= set(longest[:3])
    assert longest[0] in named
    caption = figure.texts[0].get_text().replace("\n", " ").replace("\u00a0", " ")
    for shape in shapes.values():
        assert f"{shape.number} {shape.name}" in caption
    assert {int(word) for word in words if word.isdigit()} <= {shape.number for shape in shapes.values()}
    assert len(words) >= 10


def test_a_number_stands_beside_a_point_of_its_layers():
    table = many_layers()
    (axes,) = draw_roofline(table).axes
    shapes, best = shapes_of(table), fastest(table)
    for text in axes.texts:
        if not text.get_text().isdigit():
            continue
        own = best[best["layer"].map(lambda layer: str(shapes[layer].number)) == text.get_text()]
        places = axes.transData.transform(own[["x", "y"]].to_numpy())
        label = axes.transAxes.transform(text.get_position())
        assert np.hypot(*(places - label).T).min() < 0.45 * axes.figure.dpi


def test_axes_are_logarithmic_with_plain_numbers():
    for axes in draw_roofline(samples.layers()).axes:
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        for axis in (axes.xaxis, axes.yaxis):
            words = [label.get_text() for label in axis.get_majorticklabels()]
            assert len(words) >= 2
            assert [float(word) for word in words] == pytest.approx(list(axis.get_majorticklocs()))


def test_layers_without_traffic_or_work_are_counted_and_not_drawn():
    table = samples.layers()
    traffic = [name for name in table if name.startswith("dram_")]
    table.loc[table["layer"] == "fc", traffic] = 0
    table.loc[(table["layer"] == "conv") & (table["machine"] == "cpu"), "macs"] = 0
    figure = draw_roofline(table)
    assert {machine for _, machine in panels_of(figure)} == {"gpu", "unit"}
    drawn = sum(len(points_of(axes)) for axes in figure.axes)
    asked = len(table.drop_duplicates(["network", "layer", "pruner", "sparsity", "machine"]))
    assert f"{asked - drawn} layers are not drawn" in figure.texts[0].get_text().replace("\n", " ")


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        (["fc"], "fc"),
        (["layer3.1.conv1", "layer3.2.conv1", "layer3.3.conv1"], "layer3.*.conv1 ×3"),
        (["layer1.0.conv3", "layer1.0.downsample"], "layer1.0.conv3 and 1 more"),
    ],
)
def test_layers_of_one_shape_have_a_common_name(layers, name):
    assert common_name(layers) == name
