"""Traffic and speed of SpArch over the sizes of its parts."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparsesim.report.style import GREY, MARKERS, SERIES_COLOURS, nth, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INFINITE: Final = 10**9


def plot_sweeps(table: "pd.DataFrame", path: Path) -> Path:
    """`draw_sweeps`, saved."""
    return save(draw_sweeps(table), path)


def draw_sweeps(table: "pd.DataFrame") -> "Figure":
    """DRAM bytes (1 = the shipped machine) and GFLOP/s over the sizes of the unit, one line per matrix."""
    sweeps = list(dict.fromkeys(table["sweep"]))
    figure, grid = panels(2, len(sweeps), 3.0, 2.2, 0.25)
    figure.subplots_adjust(wspace=0.16)
    for column, sweep in enumerate(sweeps):
        points = table[table["sweep"] == sweep]
        for number, (matrix, line) in enumerate(points.groupby("matrix", sort=False)):
            shipped = line.loc[line["is_shipped"], "dram_bytes"].iloc[0]
            colour, marker = nth(SERIES_COLOURS, number), nth(MARKERS, number)
            style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4, "label": str(matrix)}
            grid[0][column].plot(range(len(line)), line["dram_bytes"] / shipped, **style)
            grid[1][column].plot(range(len(line)), line["GFLOP/s"], **style)
        for axes in (grid[0][column], grid[1][column]):
            _sweep_axis(axes, points)
        grid[0][column].set_title(sweep, fontsize=10)
        grid[0][column].set_yscale("log")
        _ratio_ticks(grid[0][column])
        grid[1][column].set_ylim(0, 1.08 * table["GFLOP/s"].max())
    grid[0][0].set_ylabel("DRAM bytes, 1 = shipped")
    grid[1][0].set_ylabel("GFLOP/s")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=len(labels), frameon=False)
    figure.supxlabel("dashed: the shipped machine", fontsize=9)
    return figure


def _sweep_axis(axes: "Axes", points: "pd.DataFrame") -> None:
    values = list(dict.fromkeys(points["value"]))
    labels = ["∞" if value >= _INFINITE else f"{value // 1024}k" if value >= 8192 else str(value) for value in values]
    axes.set_xticks(range(len(values)), labels, fontsize=8)
    axes.axvline(values.index(points.loc[points["is_shipped"], "value"].iloc[0]), color=GREY, linestyle="--", lw=0.8)
    tidy(axes)


def _ratio_ticks(axes: "Axes") -> None:
    """Ticks that a reader expects on a logarithmic axis of ratios, as far as the points reach."""
    lowest, highest = axes.get_ylim()
    fine = (0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2)
    middle = (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3)
    coarse = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)
    chosen = fine if highest < 1.3 * lowest else middle if highest < 4 * lowest else coarse
    ticks = [tick for tick in chosen if lowest <= tick <= highest]
    axes.set_yticks(ticks, [f"{tick:g}x" for tick in ticks])
    axes.minorticks_off()
