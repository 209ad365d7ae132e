"""Roofline: useful work per DRAM byte against the rate that was reached."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sparsesim.report.style import LINES, MARKERS, SERIES_COLOURS, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def plot_roofline(table: "pd.DataFrame", path: Path) -> Path:
    """One point per layer and machine (fastest format), one roof per machine, one marker per pruner.

    `table` has one row per layer (`results.result_table`). Work is counted in products of two non-zeros.
    """
    done = table[(table["status"] == "ok") & (table["macs"] > 0)]
    keys = ["network", "layer", "pruner", "sparsity", "machine"]
    best = done.loc[done.groupby(keys, sort=False)["seconds"].idxmin()]
    figure, grid = panels(1, 1, 6.2, 4.6, beside=1.9)
    axes = grid[0][0]
    for number, (machine, points) in enumerate(best.groupby("machine", sort=False)):
        _machine(axes, str(machine), points, SERIES_COLOURS[number % len(SERIES_COLOURS)], LINES[number % len(LINES)])
    axes.set(xscale="log", yscale="log", xlabel="useful MACs per DRAM byte", ylabel="useful GMAC/s")
    axes.set_title("One point per layer, in its fastest format; useful = both factors non-zero", fontsize=10)
    axes.grid(which="major", color="#dddddd", linewidth=0.6)
    for number, pruner in enumerate(dict.fromkeys(best["pruner"])):
        axes.plot([], [], MARKERS[number % len(MARKERS)], color="#555555", label=f"pruner {pruner}")
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    tidy(axes)
    return save(figure, path)


def _machine(axes: "Axes", machine: str, points: "pd.DataFrame", colour: str, line: str) -> None:
    bandwidth, peak = points["peak_bytes_per_s"].iloc[0], points["peak_macs_per_s"].iloc[0]
    intensity = _intensity(points)
    reach = np.geomspace(min(intensity.min(), 0.05) / 2, max(intensity.max(), peak / bandwidth) * 4, 200)
    axes.plot(
        reach, np.minimum(reach * bandwidth, peak) / 1e9, color=colour, linestyle=line, linewidth=1.4, label=machine
    )
    for number, (_, group) in enumerate(points.groupby("pruner", sort=False)):
        rate = group["macs"] / group["seconds"] / 1e9
        axes.plot(_intensity(group), rate, MARKERS[number % len(MARKERS)], color=colour, markersize=5, alpha=0.8)


def _intensity(points: "pd.DataFrame") -> "pd.Series[float]":
    moved = [column for column in points.columns if column.startswith("dram_") and column.endswith("_bytes")]
    ratio: pd.Series[float] = points["macs"] / points[moved].sum(axis=1)
    return ratio
