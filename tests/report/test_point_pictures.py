"""The pictures of a sweep: which are written, and that all of them hold what they show at both widths."""

import pandas as pd
import pytest

from sparsesim.report import PLOTS
from sparsesim.report.layout import COLUMN_INCHES, fitting, inches, wrapped
from sparsesim.report.points import MOST_BARS, draws_layers, plot_points
from sparsesim.results import PointTables
from tests.report.samples import SAMPLES, compared, layers, over_bandwidth, wide
from tests.report.test_energy import with_static
from tests.report.test_layout import TOUCHING, boxes
from tests.report.test_roofline import kernels, many_layers

TABLES = {
    **{(name, "sample"): SAMPLES[name][0] for name in ("speedup", "energy", "time-shares", "roofline")},
    ("speedup", "nine by nine"): wide,
    ("speedup", "six by six"): lambda: wide(6, 6),
    ("speedup", "five sparsities"): lambda: wide(5, 8, (0.5, 0.7, 0.8, 0.9, 0.95)),
    ("speedup", "one machine"): lambda: wide(1, 3),
    ("speedup", "all refused"): lambda: wide(5, 8).assign(status="refused", speedup=float("nan")),
    ("energy", "static"): lambda: with_static(compared()),
    ("roofline", "50 layers"): many_layers,
    ("roofline", "one layer"): lambda: many_layers(1),
    ("roofline", "kernels"): kernels,
    ("curves", "two panels"): over_bandwidth,
    ("curves", "twelve series"): lambda: over_bandwidth(6, (16, 32, 64, 128, 256, 512, 1024, 2048)),
    ("curves", "more series than can be told apart"): lambda: over_bandwidth(14),
}
OPTIONS = {
    "speedup": {"baseline": "dense on the same machine"},
    "curves": {"over": "dram.bandwidth_bytes_per_s", "panels": "sparsity", "baseline": "dense on the same machine"},
}


@pytest.mark.parametrize("width", [COLUMN_INCHES, 7.0])
@pytest.mark.parametrize(("name", "case"), TABLES)
def test_everything_fits_a_page_and_nothing_covers_anything(name, case, width):
    figure = PLOTS[name].draw(TABLES[name, case](), width=width, **OPTIONS.get(name, {}))
    figure.draw_without_rendering()
    assert figure.get_figwidth() <= width
    placed = boxes(figure)
    for box in placed:
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
    for place, one in enumerate(placed):
        for other in placed[place + 1 :]:
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            upright = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert min(across, upright) <= TOUCHING
    sizes = {text.get_fontsize() for axes in figure.axes for text in axes.texts}
    assert all(size >= 6 for size in sizes)


def test_all_pictures_of_a_sweep_are_written(tmp_path):
    written = plot_points(PointTables(layers(), compared()), tmp_path, "mine", "dense")
    assert {path.name for path in written} == {
        f"mine-{name}.png" for name in ("energy", "speedup", "time-shares", "roofline")
    }
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in written}


def test_where_all_was_refused_the_one_picture_that_shows_it_is_written(tmp_path):
    tables = PointTables(layers().assign(status="refused"), compared().assign(status="refused", speedup=float("nan")))
    assert [path.name for path in plot_points(tables, tmp_path, "mine", "dense")] == ["mine-speedup.png"]


def test_words_are_broken_where_they_are_longer_than_the_page():
    lines = wrapped("one two three four five six", 0.8)
    assert " ".join(lines) == "one two three four five six"
    assert len(lines) > 1
    assert all(inches(line) <= 0.8 for line in lines)


def test_a_name_that_is_too_long_ends_in_dots():
    assert fitting("short", 2.0) == "short"
    cut = fitting("a machine with a very long name", 1.0)
    assert cut.endswith("…")
    assert inches(cut) <= 1.0


def over_axis(points):
    """Tables of a sweep over one numeric axis with so many points."""
    table = compared()
    table = table[table["status"] == "ok"].head(1)
    rows = [
        table.assign(**{"axis_batch": number + 1, "network": f"net (batch {number + 1})"}) for number in range(points)
    ]
    own = layers()
    own = own[(own["machine"] == "cpu") & (own["status"] == "ok")].head(2)
    return PointTables(own, pd.concat(rows, ignore_index=True))


def test_a_sweep_over_numbers_has_curves_and_bars_only_where_points_are_few(tmp_path):
    few = {path.name for path in plot_points(over_axis(3), tmp_path, "few", "dense")}
    assert few == {f"few-{name}.png" for name in ("speedup-over-batch", "energy", "speedup", "time-shares", "roofline")}
    many = [path.name for path in plot_points(over_axis(MOST_BARS + 1), tmp_path, "many", "dense")]
    assert many == ["many-speedup-over-batch.png"]
    two = plot_points(over_axis(2), tmp_path, "two", "dense")
    assert "two-speedup-over-batch.png" not in {path.name for path in two}


def test_a_sweep_says_which_pictures_it_wants(tmp_path):
    curves = {"over": "batch", "of": "seconds"}
    asked = [("energy", {}), ("curves", curves), ("curves", curves | {"series": ["format"]})]
    written = plot_points(over_axis(3), tmp_path, "mine", "dense", asked)
    assert [path.name for path in written] == [
        "mine-energy.png", "mine-seconds-over-batch.png", "mine-seconds-over-batch-2.png",
    ]  # fmt: skip
    assert all(path.is_file() for path in written)


def test_layers_are_read_only_for_what_draws_them():
    assert draws_layers(compared())
    assert draws_layers(over_axis(3).compared)
    assert not draws_layers(over_axis(MOST_BARS + 1).compared)
    assert not draws_layers(compared(), [("energy", {}), ("curves", {"over": "batch"})])
    assert draws_layers(compared(), [("roofline", {})])
