"""Where one side overtakes another: the ratio of both over what was varied, with crossings and the band of errors."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sparsesim.report.layout import FONT_POINTS, PAGE_INCHES, Section, page
from sparsesim.report.style import DARK, PAGE_DPI, SERIES_COLOURS, save, tidy
from sparsesim.report.ticks import log_ticks, plain, set_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT = 2.6
_TICK_INCHES = 0.5
_BAND_COLOUR = "#dfe8ef"
_WORDS = {"seconds": "time", "energy_pj": "energy"}


def plot_crossover(found: Mapping[str, Any], path: Path, width: float = PAGE_INCHES) -> Path:
    """`draw_crossover`, saved."""
    return save(draw_crossover(found, width), path, PAGE_DPI)


def draw_crossover(found: Mapping[str, Any], width: float = PAGE_INCHES) -> "Figure":
    """The ratio at every point that was looked at, ringed where the lead changes; what lies within the band is shaded.

    `found` is `studies.crossover.Crossover.as_object()`, or the JSON that `sparsesim crossover` prints. Both axes are
    logarithmic; a sparsity is shown in density. `width` is that of the page in inches.
    """
    is_share = found["over"] == "sparsity"
    figure_name = _WORDS[found["figure"]]
    band = 100 * found["band"]
    handles = [
        Line2D([], [], color=SERIES_COLOURS[0], marker="o", markersize=3.5, label="looked at"),
        Line2D(
            [], [], color=SERIES_COLOURS[5], marker="o", markersize=8, fillstyle="none", linestyle="", label="crossing"
        ),
        Patch(color=_BAND_COLOUR, label=f"within {band:.3g} % of each other"),
    ]
    section = Section("", 1, (3.0, width - 0.8), _HEIGHT, 0.6, below=0.4, above=0.05)
    caption = f"{found['workload']}. {figure_name.capitalize()} of {found['second']} over that of {found['first']}."
    made = page([section], width, [str(handle.get_label()) for handle in handles], f"{caption}\n{found['answer'][0]}")
    axes = made.panels[0][0]
    _ratios(axes, found, is_share)
    across = made.figure.get_figwidth() - 0.8
    _scales(axes, found, is_share, across)
    axes.set_xlabel("sparsity" if is_share else f"{found['over']} [{_unit(found['over'])}]", fontsize=FONT_POINTS)
    axes.set_ylabel(f"ratio of {figure_name} (above 1x: {found['first']})", fontsize=FONT_POINTS)
    tidy(axes)
    made.legend(handles)
    return made.figure


def _ratios(axes: "Axes", found: Mapping[str, Any], is_share: bool) -> None:
    points = found["points"]
    places = [_place(point["value"], is_share) for point in points]
    axes.axhspan(1 / (1 + found["band"]), 1 + found["band"], color=_BAND_COLOUR, zorder=0)
    axes.axhline(1, color=DARK, linewidth=0.8)
    axes.plot(places, [point["ratio"] for point in points], color=SERIES_COLOURS[0], marker="o", markersize=3.5)
    for number, crossing in enumerate(found["crossings"]):
        at = _place(crossing["value"], is_share), crossing["ratio"]
        axes.plot(*at, "o", color=SERIES_COLOURS[5], markersize=8, fillstyle="none")
        words = f"{100 * crossing['value']:.6g} %" if is_share else f"{crossing['value']:,}"
        offset = (0, -14) if number % 2 else (0, 9)
        axes.annotate(words, at, offset, textcoords="offset points", ha="center", fontsize=FONT_POINTS)


def _scales(axes: "Axes", found: Mapping[str, Any], is_share: bool, across: float) -> None:
    """Logarithmic axes with a little room beside the outermost points, and plain numbers along them."""
    axes.set(xscale="log", yscale="log")
    ratios = [point["ratio"] for point in found["points"]] + [1 / (1 + found["band"]), 1 + found["band"]]
    lowest, highest = min(ratios) / 1.15, max(ratios) * 1.15
    axes.set_ylim(lowest, highest)
    set_ticks(axes.yaxis, log_ticks(lowest, highest, int(_HEIGHT / 0.25)), "x", FONT_POINTS)
    places = [_place(point["value"], is_share) for point in found["points"]]
    left, right = min(places), max(places)
    room = (right / left) ** 0.03
    axes.set_xlim(*((right * room, left / room) if is_share else (left / room, right * room)))
    ticks = log_ticks(left * 0.999, right * 1.001, int(across / _TICK_INCHES))
    if not is_share:
        set_ticks(axes.xaxis, ticks, "", FONT_POINTS)
        return
    axes.set_xticks(ticks, [f"{plain(100 * (1 - tick))}%" for tick in ticks], fontsize=FONT_POINTS)
    axes.minorticks_off()


def _place(value: float, is_share: bool) -> float:
    return 1 - value if is_share else value


def _unit(over: str) -> str:
    return {"batch": "samples", "size": "rows and columns"}[over]
