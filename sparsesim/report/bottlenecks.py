"""What each layer waits for, and beside it what twice as much of each resource would gain."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Patch

from sparsesim.report.layout import FONT_POINTS, PAGE_INCHES, Section, fitting, inches, page
from sparsesim.report.readable import seconds
from sparsesim.report.resources import in_words, resource_styles
from sparsesim.report.style import DARK, PAGE_DPI, SERIES_COLOURS, save, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW: Final = 0.17
_NAMES: Final = 2.0
"""Inches that names of layers may take."""
_LEAST: Final = 0.005
"""A gain that a cell leaves out, and a resource that no layer gains more from."""
_PERCENT: Final = 100.0
_COLOURS: Final = LinearSegmentedColormap.from_list("gains", [SERIES_COLOURS[5], "#ffffff", SERIES_COLOURS[0]])
"""From slower to faster, as other gains are drawn."""


def plot_bottlenecks(found: Mapping[str, Any], path: Path, width: float = PAGE_INCHES) -> Path:
    """`draw_bottlenecks`, saved."""
    return save(draw_bottlenecks(found, width), path, PAGE_DPI)


def draw_bottlenecks(found: Mapping[str, Any], width: float = PAGE_INCHES) -> "Figure":
    """A row for each kind of layer and for the total: shares of its time on the left, speedups on the right.

    `found` is `studies.explain.Explanation.as_object()`, or the JSON that `sparsesim explain` prints. Layers that take
    and gain the same share a row. Resources from which no row gains 0.5 % have no column; more of them at once and the
    clock stand last. `width` is that of the page in inches.
    """
    rows = _rows(found)
    gains = _columns(found, [part for _, part in rows])
    styles = resource_styles(name for _, part in rows for name in part["time_s"])
    handles = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.0, label=in_words(name))
        for name, (colour, hatch) in styles.items()
    ]
    names = [f"{fitting(name, _NAMES)}, {seconds(part['seconds'])}" for name, part in rows]
    left = max(inches(name) for name in names) + 0.14
    tall = max((inches(_heading(found, name)) for name in gains), default=0.2)
    section = Section("", 2, (1.4, 6.0), len(rows) * _ROW, left, above=tall + 0.12, below=0.34, gap=0.2)
    caption = [
        f"{found['workload']} as {found['format']} on {found['machine']}.",
        "Left: what the time of each layer goes to.",
        "Right: speedup with twice as much of one resource, or half of a latency; blank: less than 0.5 %.",
    ]
    labels = [str(handle.get_label()) for handle in handles]
    made = page([section], width, labels, "\n".join([" ".join(caption), found["answer"][0]]))
    shares, speedups = made.panels[0]
    _shares(shares, rows, styles)
    shares.set_yticks(range(len(rows)), names, fontsize=FONT_POINTS)
    _speedups(speedups, rows, gains, [_heading(found, name) for name in gains])
    made.legend(handles)
    return made.figure


def _rows(found: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Name and figures of each kind of layer, and of the total if there is more than one."""
    kinds: dict[Any, list[Mapping[str, Any]]] = {}
    for part in found["layers"]:
        gains = tuple(gain["speedup"] for gain in part["twice"].values())
        kinds.setdefault((part["seconds"], part["bottleneck"], gains), []).append(part)
    told = [
        (parts[0]["layer"] if len(parts) == 1 else f"{parts[0]['layer']} (x{len(parts)})", parts[0])
        for parts in kinds.values()
    ]
    return told if len(found["layers"]) == 1 else [*told, ("total", found["total"])]


def _columns(found: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Resources that a row gains from, the largest gain of the total first, and what is several at once last."""
    total, resources = found["total"]["twice"], found["resources"]
    worth = [name for name in total if any(abs(part["twice"][name]["speedup"] - 1) >= _LEAST for part in parts)]
    combined = [name for name in worth if name not in resources or resources[name]["combined"]]
    single = sorted((name for name in worth if name not in combined), key=lambda name: -total[name]["speedup"])
    return [*single, *combined]


def _heading(found: Mapping[str, Any], name: str) -> str:
    return found["resources"][name]["words"] if name in found["resources"] else f"twice {name}"


def _shares(axes: "Axes", rows: Sequence[tuple[str, Mapping[str, Any]]], styles: Mapping[str, tuple[str, str]]) -> None:
    for place, (_, part) in enumerate(rows):
        left, whole = 0.0, part["seconds"] or 1.0
        for name, spent in part["time_s"].items():
            colour, hatch = styles[name]
            share = _PERCENT * spent / whole
            axes.barh(place, share, 0.8, left=left, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.0)
            left += share
    axes.set(xlim=(0, _PERCENT), ylim=(len(rows) - 0.5, -0.5))
    axes.set_xlabel("share of the time [%]", fontsize=FONT_POINTS, labelpad=1)
    axes.tick_params(axis="y", length=0)
    tidy(axes, "x")


def _speedups(
    axes: "Axes", rows: Sequence[tuple[str, Mapping[str, Any]]], names: Sequence[str], headings: Sequence[str]
) -> None:
    cells = np.array([[part["twice"][name]["speedup"] for name in names] for _, part in rows], float)
    cells = cells.reshape(len(rows), len(names))
    axes.imshow(np.log2(cells), _COLOURS, Normalize(-1, 1, clip=True), aspect="auto", interpolation="none")
    for (row, column), value in np.ndenumerate(cells):
        words = "" if abs(value - 1) < _LEAST else f"{value:.2f}"
        colour = "#ffffff" if abs(np.log2(value)) > 0.7 else DARK
        axes.text(column, row, words, ha="center", va="center_baseline", fontsize=FONT_POINTS - 1, color=colour)
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(names)), headings, rotation=90, fontsize=FONT_POINTS)
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.spines[:].set_visible(False)
