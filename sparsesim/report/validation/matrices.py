"""A x A on SpArch: speed under its roofs, and energy per operation."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.ticker import LogLocator

from sparsesim.report.style import DARK, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENERGY_COLOURS: Final = {"compute": "#CC79A7", "SRAM": "#56B4E9", "DRAM": "#0072B2"}
_IN_PAPER: Final = ["exact", "reconstructed"]


def plot_matrices(table: "pd.DataFrame", path: Path, published: Mapping[str, float]) -> Path:
    """`draw_matrices`, saved."""
    return save(draw_matrices(table, published), path)


def draw_matrices(table: "pd.DataFrame", published: Mapping[str, float]) -> "Figure":
    """Speed under the roofs of memory and multipliers, and energy per operation; the paper's means beside ours."""
    figure, grid = panels(1, 2, 5.6, 4.0, 0.7)
    figure.subplots_adjust(wspace=0.16)
    _roofline(grid[0][0], table, published)
    _energy(grid[0][1], table[table["in_paper"] != "no"], published)
    return figure


def _roofline(axes: "Axes", table: "pd.DataFrame", published: Mapping[str, float]) -> None:
    x, y = "FLOP per compulsory byte", "GFLOP/s"
    reach = np.geomspace(table[x].min() / 1.5, max(table[x].max(), 1.0) * 1.5, 100)
    roof = np.minimum(reach * table["peak_gbyte_per_s"].iloc[0], 2 * table["peak_gmac_per_s"].iloc[0])
    axes.plot(reach, roof, color=DARK, linewidth=1.2, label="roof: DRAM, multipliers")
    for place, (label, kinds) in enumerate({"other matrices": ["no"], "the paper's matrices": _IN_PAPER}.items()):
        points = table[table["in_paper"].isin(kinds)]
        axes.plot(points[x], points[y], "os"[place], color=("#bbbbbb", "#0072B2")[place], markersize=5, label=label)
    for row in table[table["in_paper"] != "no"].to_dict("records"):
        axes.annotate(str(row["matrix"]), (row[x], row[y]), (5, -11), textcoords="offset points", fontsize=8)
    axes.plot(published[x], published[y], "*", color="#D55E00", markersize=14, label="published mean of 20")
    axes.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.minorticks_off()
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    tidy(axes)


def _energy(axes: "Axes", table: "pd.DataFrame", published: Mapping[str, float]) -> None:
    labels = [*table["matrix"], f"mean of {len(table)}", "published"]
    bottom = np.zeros(len(labels))
    for component, colour in ENERGY_COLOURS.items():
        column = f"nJ/FLOP {component}"
        height = np.array([*table[column], table[column].mean(), published[column]])
        axes.bar(range(len(labels)), height, 0.7, bottom, color=colour, label=component)
        bottom += height
    axes.set_xticks(range(len(labels)), labels, rotation=30, ha="right", fontsize=8)
    axes.set_ylabel("nJ per operation")
    axes.legend(fontsize=8, frameon=False)
    tidy(axes)
