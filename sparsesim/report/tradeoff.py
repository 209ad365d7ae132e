"""Accuracy over speedup and over energy saved: every variant on every machine, and the front of each machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparsesim.report.style import DARK, SERIES_COLOURS, nth, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS: Final = "osD^vPX*<>hdp"
"""More than other pictures have, because there may be many variants."""

_PANELS: Final = {"speedup": ("fastest_front", "speedup"), "energy_ratio": ("thriftiest_front", "energy saved")}


def plot_tradeoff(table: "pd.DataFrame", path: Path, title: str = "") -> Path:
    """`draw_tradeoff`, saved."""
    return save(draw_tradeoff(table, title), path)


def draw_tradeoff(table: "pd.DataFrame", title: str = "") -> "Figure":
    """Two panels of the table of `studies.tradeoff`: colours are machines, marks are variants, lines are fronts.

    The whiskers are one standard error of the accuracy on the samples that were used.
    """
    figure, grid = panels(1, 2, 4.8, 4.2, 0.5, 2.2, share_y="row")
    machines, variants = (list(dict.fromkeys(table[name])) for name in ("machine", "variant"))
    for axes, (gain, (front, words)) in zip(grid[0], _PANELS.items(), strict=True):
        for number, machine in enumerate(machines):
            rows = table[table["machine"] == machine]
            colour = nth(SERIES_COLOURS, number)
            _points(axes, rows, gain, colour, variants)
            edge = rows[rows[front]].sort_values(gain)
            axes.plot(edge[gain], edge["accuracy"], color=colour, linewidth=1.2, label=machine)
        axes.axvline(1, color=DARK, linewidth=0.8)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
        axes.xaxis.set_minor_formatter(lambda value, _: f"{value:g}x" if round(value, 9) in (0.2, 0.5, 2, 5) else "")
        axes.set_xlabel(f"{words} over the dense network on the same machine")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        tidy(axes)
    grid[0][0].set_ylabel("accuracy")
    for number, variant in enumerate(variants):
        grid[0][1].plot([], [], nth(MARKS, number), color="#555555", markersize=5, label=variant)
    handles, labels = grid[0][1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="center right", frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=10, y=0.97)
    return figure


def _points(axes: "Axes", rows: "pd.DataFrame", gain: str, colour: str, variants: list[str]) -> None:
    for number, variant in enumerate(variants):
        points = rows[rows["variant"] == variant]
        across, up, error = (points[name].to_numpy(float) for name in (gain, "accuracy", "standard_error"))
        axes.errorbar(across, up, yerr=error, fmt=nth(MARKS, number), color=colour, markersize=5, elinewidth=0.6)
