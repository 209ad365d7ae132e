"""Bars of energy: every segment has the length and the colour of its component."""

import pytest
from matplotlib.colors import to_hex

from sparsesim.hardware.energy import COMPONENTS
from sparsesim.report.energy import COMPONENT_COLOURS, COMPONENT_NAMES, draw_energy
from sparsesim.results import totals
from tests.report.artists import legend_words, panel_under, tick_words, words_in
from tests.report.samples import points

SCALES = {"pJ": 1, "nJ": 1e3, "µJ": 1e6, "mJ": 1e9, "J": 1e12}
TITLES = {"none": "unpruned", "2:4": "2:4 50%", "nm-2:4": "nm-2:4 50%"}


def test_every_component_has_a_colour_and_a_name():
    assert tuple(COMPONENT_COLOURS) == tuple(COMPONENT_NAMES)
    assert set(COMPONENTS) <= set(COMPONENT_NAMES)
    assert [name for name in COMPONENT_NAMES if name in COMPONENTS][: len(COMPONENTS)] == list(COMPONENTS)
    assert len(set(COMPONENT_COLOURS.values())) == len(COMPONENT_COLOURS)


def check(total, components=("dram", "sram", "register", "mac", "logic")):
    """Compare every segment, label and figure of every panel with the table; all points must be drawn."""
    figure = draw_energy(total)
    assert legend_words(figure) == [COMPONENT_NAMES[component] for component in components]
    segments = 0
    for (network, pruner), rows in total.groupby(["network", "pruner"]):
        axes = panel_under(figure, network, TITLES[pruner])
        scale = SCALES[axes.get_xlabel().partition("[")[2].rstrip("]")]
        machines = tick_words(panel_under(figure, network, TITLES[total["pruner"].iloc[0]]).yaxis)
        middles = list(axes.get_yticks())
        assert middles == sorted(middles)
        left_of = {}
        for container, component in zip(axes.containers, components, strict=True):
            for bar, row in zip(container.patches, rows.to_dict("records"), strict=True):
                centre = bar.get_y() + bar.get_height() / 2
                nearest = min(middles, key=lambda middle, at=centre: abs(middle - at))
                assert machines[middles.index(nearest)] == row["machine"]
                assert to_hex(bar.get_facecolor()) == COMPONENT_COLOURS[component].lower()
                assert bar.get_x() == pytest.approx(left_of.get(centre, 0.0))
                known = row["status"] == "ok" and row[f"energy_{component}_pj"] == row[f"energy_{component}_pj"]
                wanted = row[f"energy_{component}_pj"] if known else 0
                assert scale * bar.get_width() == pytest.approx(wanted)
                left_of[centre] = bar.get_x() + bar.get_width()
                segments += 1
        beside = {round(float(xy[1]), 6): (words, float(xy[0])) for words, xy in words_in(axes)}
        for centre, row in zip(left_of, rows.to_dict("records"), strict=True):
            words, end = beside[round(centre, 6)]
            assert end == pytest.approx(left_of[centre])
            if row["status"] == "ok":
                assert words.endswith(f" {row['format']}")
                assert float(words.split()[0]) == pytest.approx(end, rel=5.1e-3)
            else:
                assert words == f"× refused: {row['format']}"
        assert axes.get_xlim()[1] >= max(left_of.values())
    assert segments == len(components) * len(total)
    return figure


def test_segments_are_the_components_of_every_point():
    assert (points()["status"] != "ok").any()
    check(points())


def test_segments_of_a_real_run(layers):
    check(totals(layers), ("dram", "sram", "register", "mac", "logic", "static"))


def with_static(total):
    """Static energy on the GPU and the CPU, an idle power that is unknown for the unit, and what was measured there."""
    unit = total["machine"] == "unit"
    static = (3 * total["energy_total_pj"]).mask(unit, 0.0)
    measured = (2 * total["energy_total_pj"]).where(unit, 0.0)
    idle_w = total["idle_w"].mask(~unit, 10.0)
    return total.assign(idle_w=idle_w, energy_static_pj=static, energy_measured_pj=measured)


def test_static_energy_comes_last_and_is_hatched_and_apart_in_the_sum():
    total = with_static(points())
    figure = check(total, ("dram", "sram", "register", "mac", "logic", "measured", "static"))
    axes = panel_under(figure, "small", "2:4 50%")
    assert [bool(container.patches[0].get_hatch()) for container in axes.containers] == [False] * 6 + [True]
    assert axes.get_xlabel().startswith("energy per batch")
    words = [words for words, _ in words_in(axes)]
    assert len(words) == 6
    for place, text in enumerate(words):
        if place < 2:
            assert text.split(" ", 1)[1].startswith("(static unknown)")
        else:
            whole, dynamic = float(text.split()[0]), float(text.split("(")[1].split()[0])
            assert dynamic == pytest.approx(whole / 4, rel=0.01)


def test_what_was_measured_as_a_whole_has_no_static_part_that_is_unknown():
    total = with_static(points())
    total["energy_table"] = total["energy_table"].mask(total["machine"] == "unit", "measured power")
    assert not any("unknown" in words for axes in draw_energy(total).axes for words, _ in words_in(axes))


def test_sums_are_no_components():
    total = points()
    assert (total["energy_dynamic_pj"] > 0).any()
    assert not {"dynamic", "total"} & set(legend_words(draw_energy(total)))


def test_a_component_that_nobody_knows_is_drawn_before_the_static_one():
    total = with_static(points()).assign(energy_optical_link_pj=5e6)
    assert legend_words(draw_energy(total))[-3:] == ["measured as a whole", "optical link", "static"]


def test_components_that_are_nowhere_are_left_out():
    total = points().assign(energy_logic_pj=0.0, energy_static_pj=0.0)
    assert legend_words(draw_energy(total)) == ["DRAM", "SRAM", "register file", "MAC"]


def test_many_formats_are_one_bar_per_machine_in_the_format_of_least_energy():
    import pandas as pd

    total = points()[lambda table: (table["network"] == "small") & (table["pruner"] == "none")]
    many = pd.concat([total.assign(format=f"f{number}") for number in range(4)])
    costs = [column for column in many if column.startswith("energy_") and column.endswith("_pj")]
    scale = pd.Series([1 + (number * 5) % 7 for number in range(len(many))], index=many.index)
    many = many.reset_index(drop=True)
    many[costs] = many[costs].mul(scale.reset_index(drop=True), axis=0)
    many["format"] = [f"f{number}" for number in range(len(many))]
    (axes,) = draw_energy(many).axes
    best = many[many["status"] == "ok"].sort_values("energy_total_pj").drop_duplicates("machine")
    best = best.set_index("machine")["format"]
    shown = dict(zip(tick_words(axes.yaxis), (words for words, _ in words_in(axes)), strict=True))
    assert shown.pop("unit") == "× all formats refused"
    assert {machine: words.split()[-1] for machine, words in shown.items()} == best.to_dict()


def test_the_caption_names_every_energy_table_and_who_uses_it():
    total = points()
    assert draw_energy(total).texts[0].get_text().startswith("Energy table: prices. ")
    own = total.assign(energy_table=total["machine"].map({"cpu": "a", "gpu": "b", "unit": "a"}))
    words = draw_energy(own).texts[0].get_text().replace("\n", " ")
    assert words.startswith("Energy tables: a (unit, cpu); b (gpu). ")


def test_the_caption_leaves_out_the_prices_of_refused_points():
    total = points()
    named = total.assign(energy_table=total["energy_table"].mask(total["status"] == "refused", "nowhere"))
    assert draw_energy(named).texts[0].get_text().startswith("Energy table: prices. ")
