"""Simulated over measured times of sparse products on GPUs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparsesim.report.style import GREY, MARKERS, SERIES_COLOURS, nth, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_measured(table: "pd.DataFrame", path: Path) -> Path:
    """`draw_measured`, saved."""
    return save(draw_measured(table), path)


def draw_measured(table: "pd.DataFrame") -> "Figure":
    """Layers that constants were fitted on and others in panels of their own; colours are vector lengths.

    `table` has measured_us, simulated_us, error_pct, vector_length and fitted. A panel without layers is left out.
    """
    kinds = [fitted for fitted in (True, False) if (table["fitted"] == fitted).any()]
    lengths = sorted(set(table["vector_length"]))
    figure, grid = panels(1, len(kinds), 4.0, 3.4, below=0.3)
    for axes, fitted in zip(grid[0], kinds, strict=True):
        points = table[table["fitted"] == fitted]
        _scatter(axes, points, lengths)
        error = points["error_pct"].abs().mean()
        title = "fitted layers" if fitted else "other layers"
        axes.set_title(f"{title}: mean error {error:.1f} %", fontsize=10)
    grid[0][0].set_ylabel("simulated [µs]")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=len(labels), frameon=False, fontsize=9)
    return figure


def _scatter(axes: "Axes", points: "pd.DataFrame", lengths: list[int]) -> None:
    for number, length in enumerate(lengths):
        group, colour = points[points["vector_length"] == length], nth(SERIES_COLOURS, number)
        style: dict[str, Any] = {"color": colour, "marker": nth(MARKERS, number), "markersize": 3.5, "alpha": 0.7}
        axes.plot(group["measured_us"], group["simulated_us"], linestyle="none", label=f"vectors of {length}", **style)
    reach = [points["measured_us"].min(), points["measured_us"].max()]
    axes.plot(reach, reach, color=GREY, linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="measured [µs]")
    times = points[["measured_us", "simulated_us"]].to_numpy(float)
    lowest, highest = times.min(), times.max()
    ticks = [
        tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if lowest <= 2 * tick <= 4 * highest
    ]
    shown = [str(tick) for tick in ticks]
    axes.set_xticks(ticks, shown)
    axes.set_yticks(ticks, shown)
    axes.set(xlim=(lowest / 1.2, 1.2 * highest), ylim=(lowest / 1.2, 1.2 * highest))
    axes.minorticks_off()
    tidy(axes)
