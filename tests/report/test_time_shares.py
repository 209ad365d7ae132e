"""Shares of time: every segment is the share of its resource, and all make the whole."""

import pytest
from matplotlib.colors import to_hex

from sparsesim.report.resources import in_words, resource_styles
from sparsesim.report.style import GREY
from sparsesim.report.time_shares import draw_time_shares
from tests.report.artists import legend_words, panel_under, words_in
from tests.report.samples import layers, timed_layers, without_times

TITLES = {"none": "unpruned", "2:4": "2:4 50%", "nm-2:4": "nm-2:4 50%"}


def check(table, by_resource):
    """Compare every segment with the table; `by_resource` gives the seconds of a resource in some rows."""
    figure = draw_time_shares(table)
    segments = 0
    for (network, pruner), rows in table.groupby(["network", "pruner"]):
        axes = panel_under(figure, network, TITLES[pruner])
        ends = {}
        points = list(rows.groupby(["machine", "format"], sort=False))
        for container in axes.containers:
            for bar, (_, point) in zip(container.patches, points, strict=True):
                ran = (point["status"] == "ok").all()
                share = by_resource(point, container.get_label()) / point["seconds"].sum() if ran else 0
                assert bar.get_width() == pytest.approx(100 * share)
                assert bar.get_x() == pytest.approx(ends.get(bar.get_y(), 0))
                ends[bar.get_y()] = bar.get_x() + bar.get_width()
                segments += 1
        for end, (words, _), ((_, format), point) in zip(ends.values(), words_in(axes), points, strict=True):
            ran = (point["status"] == "ok").all()
            assert end == pytest.approx(100 if ran else 0)
            assert words.endswith(f" {format}")
            if ran:
                number, unit, _ = words.split()
                scale = {"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}[unit]
                assert float(number) * scale == pytest.approx(point["seconds"].sum(), rel=5.1e-3)
            else:
                assert words == f"× refused: {format}"
    assert segments > 0
    return figure


def test_segments_are_the_columns_of_time():
    table = timed_layers()
    assert (table["status"] != "ok").any()
    figure = check(table, lambda point, name: point[f"time_{name}_s"].sum())
    assert legend_words(figure) == ["launch", "memory", "math", "multipliers", "merger"]


def test_without_such_columns_a_layer_is_all_its_bottleneck(layers):
    table = without_times(layers)
    figure = check(table, lambda point, name: point.loc[point["bottleneck"] == name, "seconds"].sum())
    assert figure.texts[0].get_text().startswith("Share of the layers that each resource bounds.")


def test_a_point_with_one_refused_layer_is_refused():
    table = timed_layers()
    chosen = (table["machine"] == "cpu") & (table["layer"] == "fc") & (table["format"] == "csr")
    figure = draw_time_shares(table.assign(status=table["status"].mask(chosen, "refused")))
    for axes in figure.axes:
        assert sum(words == "× refused: csr" for words, _ in words_in(axes)) >= 1


def test_a_kind_of_resource_has_a_hue_and_its_members_differ():
    styles = resource_styles(["math", "multipliers", "SIMD", "memory", "wave_tail", "nobody knows", "nor this"])
    assert len(set(styles.values())) == len(styles)
    assert styles["math"][0] == styles["multipliers"][0] == styles["SIMD"][0] != styles["memory"][0]
    assert to_hex(styles["nobody knows"][0]) == GREY
    assert in_words("wave_tail") == "wave tail"
    assert in_words("l2") == "L2"


def test_many_formats_are_one_bar_per_machine_in_the_fastest():
    import pandas as pd

    one = layers()[lambda table: (table["network"] == "small") & (table["format"] == "dense")]
    factors = (3, 1, 2, 5, 4)
    many = pd.concat([one.assign(format=f"f{factor}", seconds=one["seconds"] * factor) for factor in factors])
    for axes in draw_time_shares(many).axes:
        words = [words for words, _ in words_in(axes)]
        assert len(words) == 3
        assert all(each.endswith(" f1") or each == "× all formats refused" for each in words)
