"""Bars of energy: every segment has the height and the colour of its component."""

import pytest
from matplotlib.colors import to_hex

from sparsesim.hardware.energy import COMPONENTS
from sparsesim.report.energy import draw_energy
from sparsesim.report.style import COMPONENT_COLOURS, COMPONENT_NAMES
from sparsesim.results import totals
from tests.report.artists import panel, tick_words
from tests.report.samples import points

SCALES = {"pJ": 1, "nJ": 1e3, "µJ": 1e6, "mJ": 1e9, "J": 1e12}


def test_every_component_has_a_colour_and_a_name():
    assert tuple(COMPONENT_COLOURS) == tuple(COMPONENT_NAMES) == COMPONENTS
    assert len(set(COMPONENT_COLOURS.values())) == len(COMPONENTS)


def check(total):
    """Compare every segment, label and figure of every panel with the table."""
    figure = draw_energy(total)
    done = total[total["status"] == "ok"]
    segments = 0
    for (network, pruner), rows in done.groupby(["network", "pruner"]):
        axes = panel(figure, f"{network}\n", f"\n{pruner},")
        first = next(other for other in figure.axes if other.get_ylabel() and f"{network}\n" in other.get_title())
        scale = SCALES[first.get_ylabel().partition("[")[2].rstrip("]")]
        best = rows.sort_values("energy_total_pj").drop_duplicates("machine").set_index("machine")
        named = [tuple(words.split("\n")) for words in tick_words(axes.xaxis)]
        assert set(named) == set(best["format"].items())
        for place, (machine, _) in enumerate(named):
            bottom = 0.0
            for container, component in zip(axes.containers, COMPONENTS, strict=True):
                bar = container.patches[place]
                assert container.get_label() == COMPONENT_NAMES[component]
                assert to_hex(bar.get_facecolor()) == COMPONENT_COLOURS[component].lower()
                assert bar.get_x() + bar.get_width() / 2 == pytest.approx(place)
                assert bar.get_y() == pytest.approx(bottom)
                assert scale * bar.get_height() == pytest.approx(best.loc[machine, f"energy_{component}_pj"])
                bottom += bar.get_height()
                segments += 1
            assert scale * bottom == pytest.approx(best.loc[machine, "energy_total_pj"])
            text = next(text for text in axes.texts if text.xy[0] == place)
            assert float(text.get_text()) == pytest.approx(bottom, rel=5e-3)
    assert segments == len(COMPONENTS) * len(done.drop_duplicates(["network", "pruner", "machine"]))


def test_segments_are_the_components_of_the_format_of_least_energy():
    check(points())


def test_segments_of_a_real_run(layers):
    check(totals(layers))
