"""Ratio of dense and 2:4 time over the number of tokens."""

from pathlib import Path
from typing import TYPE_CHECKING

from sparsesim.report.style import DARK, GREY, MARKERS, SERIES_COLOURS, nth, save, tidy
from sparsesim.report.tensor_core.panels import outer_labels, small_panels

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def plot_over_tokens(table: "pd.DataFrame", path: Path) -> Path:
    """`draw_over_tokens`, saved."""
    return save(draw_over_tokens(table), path)


def draw_over_tokens(table: "pd.DataFrame") -> "Figure":
    """Ratio of dense and sparse time over tokens, a panel per weight matrix; dots measured, lines simulated.

    Products of the suite SQUARE share one panel, over their side.
    """
    square = table["suite"] == "SQUARE"
    families: dict[str, pd.DataFrame] = {
        f"weights {n} × {k}": points for (n, k), points in table[~square].groupby(["n", "k"])
    }
    if square.any():
        families["squares, N = K = M"] = table[square]
    figure, grid = small_panels(len(families), 3, 3.2, 2.0)
    types = list(dict.fromkeys(table["type"]))
    highest = max(2.2, 1.1 * float(table[["ratio_measured", "ratio_simulated"]].max().max()))
    for axes, (title, points) in zip(grid, families.items(), strict=False):
        axes.axhline(1, color=GREY, linewidth=0.8)
        axes.axhline(2, color=DARK, linestyle="--", linewidth=0.8)
        for number, name in enumerate(types):
            line = points[points["type"] == name].groupby("m_tokens")[["ratio_measured", "ratio_simulated"]].mean()
            colour, marker = nth(SERIES_COLOURS, number), nth(MARKERS, number)
            axes.plot(line.index, line["ratio_measured"], marker, markersize=4, label=name, color=colour)
            axes.plot(line.index, line["ratio_simulated"], linewidth=1.2, color=colour)
        axes.set_xscale("log", base=2)
        axes.set_ylim(0, highest)
        axes.set_title(title, fontsize=10)
        tidy(axes)
    outer_labels(grid, len(families), 3, "tokens", "dense / 2:4 time")
    handles, labels = grid[0].get_legend_handles_labels()
    handles += grid[-1].plot([], [], "o", color=GREY, markersize=4) + grid[-1].plot([], [], color=GREY)
    labels += ["dots: measured", "lines: simulated"]
    figure.legend(handles, labels, loc="upper center", ncols=len(labels), frameon=False, fontsize=9)
    return figure
