"""Time of sparse products over sparsity, and where they become faster than dense tensor cores."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparsesim.report.style import DARK, MARKERS, SERIES_COLOURS, nth, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TICKS: Final = (0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


def plot_crossovers(table: "pd.DataFrame", path: Path, crossings: "pd.DataFrame") -> Path:
    """`draw_crossovers`, saved."""
    return save(draw_crossovers(table, crossings), path)


def draw_crossovers(table: "pd.DataFrame", crossings: "pd.DataFrame") -> "Figure":
    """A line per vector length beside the dense time, a panel per size; crossings are ringed.

    `table` has size, vector_length, sparsity, seconds and dense_seconds; `crossings` has the sparsity by size and
    vector_length, missing where the lines do not cross. Both axes are logarithmic, in time and in density.
    """
    sizes = list(dict.fromkeys(table["size"]))
    lengths = list(dict.fromkeys(table["vector_length"]))
    figure, grid = panels(1, len(sizes), 4.6, 3.4, below=0.3, beside=0.3)  # half of the last tick label
    for axes, size in zip(grid[0], sizes, strict=True):
        _curves(axes, table[table["size"] == size], crossings[crossings["size"] == size], lengths)
        axes.set_title(f"{size} × {size} × {size}", fontsize=10)
    grid[0][0].set_ylabel("time [µs]")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=len(labels), frameon=False, fontsize=9)
    return figure


def _curves(axes: "Axes", table: "pd.DataFrame", crossings: "pd.DataFrame", lengths: list[int]) -> None:
    dense = 1e6 * table["dense_seconds"].iloc[0]
    axes.axhline(dense, color=DARK, linestyle="--", linewidth=1.2, label="dense tensor cores")
    for number, length in enumerate(lengths):
        line, colour = table[table["vector_length"] == length], nth(SERIES_COLOURS, number)
        label = "single values" if length == 1 else f"vectors of {length}"
        times = 1e6 * line["seconds"]
        axes.plot(1 - line["sparsity"], times, color=colour, marker=nth(MARKERS, number), markersize=4, label=label)
        for sparsity in crossings.loc[crossings["vector_length"] == length, "sparsity"].dropna():
            crossing = (1 - sparsity, dense)
            axes.plot(*crossing, "o", color=colour, markersize=10, fillstyle="none")
            beside = (0, 9 if number % 2 else -15)
            axes.annotate(
                f"{100 * sparsity:.1f} %", crossing, beside, textcoords="offset points", fontsize=8, ha="center"
            )
    axes.set(xscale="log", yscale="log", xlabel="sparsity")
    axes.invert_xaxis()
    axes.set_xticks([1 - tick for tick in _TICKS], [f"{100 * tick:g} %" for tick in _TICKS])
    axes.minorticks_off()
    lowest, highest = axes.get_ylim()
    ticks = [tick for tick in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000) if lowest <= tick <= highest]
    axes.set_yticks(ticks, [f"{tick}" for tick in ticks])
    tidy(axes)
