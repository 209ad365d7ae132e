"""Roofline: the rate that each layer reached over its useful work per DRAM byte."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsesim.array_types import FloatArray
from sparsesim.report.style import LINES, MARKERS, SERIES_COLOURS, not_refused, nth, panels, save, tidy
from sparsesim.results.columns import DRAM

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_roofline(table: "pd.DataFrame", path: Path) -> Path:
    """`draw_roofline`, saved."""
    return save(draw_roofline(table), path)


def draw_roofline(table: "pd.DataFrame") -> "Figure":
    """One point per layer and machine (fastest format), one roof per machine, one marker per pruner.

    `table` has one row per layer (`results.result_table`); refused layers and those without work are left out. Work is
    counted in products of two non-zeros. Raises InputError if every layer was refused.
    """
    done = not_refused(table)
    done = done[done["macs"] > 0]
    keys = ["network", "layer", "pruner", "sparsity", "machine"]
    best = done.loc[done.groupby(keys, sort=False)["seconds"].idxmin()]
    figure, grid = panels(1, 1, 6.2, 4.6, beside=1.9)
    axes = grid[0][0]
    markers = {pruner: nth(MARKERS, number) for number, pruner in enumerate(dict.fromkeys(best["pruner"]))}
    for number, (machine, points) in enumerate(best.groupby("machine", sort=False)):
        colour, line = nth(SERIES_COLOURS, number), nth(LINES, number)
        _roof(axes, points, color=colour, linestyle=line, label=str(machine))
        for pruner, group in points.groupby("pruner", sort=False):
            rate = group["macs"] / group["seconds"] / 1e9
            axes.plot(_intensity(group), rate, markers[pruner], color=colour, markersize=5, alpha=0.8)
    axes.set(xscale="log", yscale="log", xlabel="useful MACs per DRAM byte", ylabel="useful GMAC/s")
    axes.set_title("One point per layer, in its fastest format; useful = both factors non-zero", fontsize=10)
    axes.grid(which="major", color="#dddddd", linewidth=0.6)
    for pruner, marker in markers.items():
        axes.plot([], [], marker, color="#555555", label=f"pruner {pruner}")
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    tidy(axes)
    return figure


def _roof(axes: "Axes", points: "pd.DataFrame", **style: Any) -> None:
    """What the machine could reach: the bandwidth times the intensity, up to the peak of its multipliers."""
    bandwidth, peak = points["peak_bytes_per_s"].iloc[0], points["peak_macs_per_s"].iloc[0]
    intensity = _intensity(points)
    reach = np.geomspace(min(intensity.min(), 0.05) / 2, max(intensity.max(), peak / bandwidth) * 4, 200)
    axes.plot(reach, np.minimum(reach * bandwidth, peak) / 1e9, linewidth=1.4, **style)


def _intensity(points: "pd.DataFrame") -> FloatArray:
    """float64[rows], useful MACs per DRAM byte."""
    moved = list(DRAM.among(points.columns).values())
    intensity: FloatArray = points["macs"].to_numpy(float) / points[moved].fillna(0).to_numpy(float).sum(axis=1)
    return intensity
