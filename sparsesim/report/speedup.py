"""Speedup of every format on every machine over a baseline, as bars."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sparsesim.report.style import DARK, HATCHES, SERIES_COLOURS, nth, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_speedup(compared: "pd.DataFrame", path: Path, baseline: str) -> Path:
    """`draw_speedup`, saved."""
    return save(draw_speedup(compared, baseline), path)


def draw_speedup(compared: "pd.DataFrame", baseline: str) -> "Figure":
    """One panel per network and pruner, machines along x, one bar per format, on a logarithmic scale.

    `compared` is the table of `results.compare_to_baseline`; a cross marks a refused point. `baseline` says in words
    what 1 stands for.
    """
    networks = list(dict.fromkeys(compared["network"]))
    formats = list(dict.fromkeys(compared["format"]))
    pruners = list(dict.fromkeys(zip(compared["pruner"], compared["sparsity"], strict=True)))
    figure, grid = panels(len(networks), len(pruners), 4.4, 2.3, 0.6, share_y="row")
    for row, network in zip(grid, networks, strict=True):
        for axes, (pruner, sparsity) in zip(row, pruners, strict=True):
            chosen = (compared["network"] == network) & (compared["pruner"] == pruner)
            _bars(axes, compared[chosen & (compared["sparsity"] == sparsity)], formats)
            axes.set_title(f"{network}\n{pruner}, sparsity {sparsity:.0%}", fontsize=9)
        row[0].set_ylabel("speedup")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=8, frameon=False, fontsize=8)
    figure.supxlabel(f"1 = {baseline};   × = refused", fontsize=9)
    return figure


def _bars(axes: "Axes", points: "pd.DataFrame", formats: list[str]) -> None:
    machines, width = list(dict.fromkeys(points["machine"])), 0.85 / len(formats)
    for number, format in enumerate(formats):
        rows = points[points["format"] == format].set_index("machine").reindex(machines)
        positions = np.arange(len(machines)) - 0.425 + width * (number + 0.5)
        speedup = rows["speedup"].to_numpy(float)
        colour, hatch = nth(SERIES_COLOURS, number), nth(HATCHES, number // len(SERIES_COLOURS))
        # Bars start at 1: a slowdown then hangs as far below the line as an equal speedup rises above it.
        axes.bar(positions, np.nan_to_num(speedup, nan=1.0) - 1, width, 1.0, color=colour, hatch=hatch, label=format)
        refused = positions[np.isnan(speedup)]
        axes.plot(refused, np.full(len(refused), 1.0), "x", color="#555555", markersize=3)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axes.minorticks_off()
    axes.axhline(1, color=DARK, linewidth=0.8)
    axes.set_xticks(range(len(machines)), machines, rotation=20, ha="right", fontsize=8)
    tidy(axes)
