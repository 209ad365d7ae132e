"""Pictures of sparse products on GPUs: times over sparsity, and simulated against measured times."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparsesim.report.style import MARKERS, SERIES_COLOURS, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_GREY: Final = "#777777"
_TICKS: Final = (0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


def plot_crossovers(table: "pd.DataFrame", path: Path, crossings: "pd.DataFrame") -> Path:
    """Time over density on logarithmic axes, a line per vector length, with the dense time; a panel per size.

    `table` has size, vector_length, sparsity, seconds and dense_seconds; `crossings` the sparsity by size and
    vector_length, missing where there is none.
    """
    sizes = list(dict.fromkeys(table["size"]))
    figure, grid = panels(1, len(sizes), 4.6, 3.4, below=0.3)
    for axes, size in zip(grid[0], sizes, strict=True):
        _curves(axes, table[table["size"] == size], crossings[crossings["size"] == size])
        axes.set_title(f"{size} × {size} × {size}", fontsize=10)
    grid[0][0].set_ylabel("time [µs]")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=len(labels), frameon=False, fontsize=9)
    return save(figure, path)


def _curves(axes: "Axes", table: "pd.DataFrame", crossings: "pd.DataFrame") -> None:
    dense = 1e6 * table["dense_seconds"].iloc[0]
    axes.axhline(dense, color="#333333", linestyle="--", linewidth=1.2, label="dense tensor cores")
    for place, (length, line) in enumerate(table.groupby("vector_length", sort=False)):
        style: dict[str, Any] = {"color": SERIES_COLOURS[place], "marker": MARKERS[place], "markersize": 4}
        label = "single values" if length == 1 else f"vectors of {length}"
        axes.plot(1 - line["sparsity"], 1e6 * line["seconds"], label=label, **style)
        found = crossings.loc[crossings["vector_length"] == length, "sparsity"].dropna()
        for sparsity in found:
            axes.plot(1 - sparsity, dense, "o", color=SERIES_COLOURS[place], markersize=10, fillstyle="none")
            place_of_text = (0, 9 if place % 2 else -15)
            text = f"{100 * sparsity:.1f} %"
            axes.annotate(
                text, (1 - sparsity, dense), place_of_text, textcoords="offset points", fontsize=8, ha="center"
            )
    axes.set(xscale="log", yscale="log", xlabel="sparsity")
    axes.invert_xaxis()
    axes.set_xticks([1 - tick for tick in _TICKS], [f"{100 * tick:g} %" for tick in _TICKS])
    axes.minorticks_off()
    lowest, highest = axes.get_ylim()
    ticks = [tick for tick in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000) if lowest <= tick <= highest]
    axes.set_yticks(ticks, [f"{tick}" for tick in ticks])
    tidy(axes)


def plot_measured(table: "pd.DataFrame", path: Path) -> Path:
    """Simulated over measured times, fitted layers and others apart; colours by vector length.

    `table` has measured_us, simulated_us, vector_length and fitted.
    """
    figure, grid = panels(1, 2, 4.0, 3.4, below=0.3)
    for axes, fitted in zip(grid[0], (True, False), strict=True):
        points = table[table["fitted"] == fitted]
        _scatter(axes, points)
        error = points["error_pct"].abs().mean()
        title = "fitted layers" if fitted else "other layers"
        axes.set_title(f"{title}: mean error {error:.1f} %", fontsize=10)
    grid[0][0].set_ylabel("simulated [µs]")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=len(labels), frameon=False, fontsize=9)
    return save(figure, path)


def _scatter(axes: "Axes", points: "pd.DataFrame") -> None:
    for place, (length, group) in enumerate(points.groupby("vector_length")):
        style: dict[str, Any] = {"color": SERIES_COLOURS[place], "marker": MARKERS[place], "markersize": 3.5}
        axes.plot(
            group["measured_us"],
            group["simulated_us"],
            linestyle="none",
            label=f"vectors of {length}",
            alpha=0.7,
            **style,
        )
    reach = [points["measured_us"].min(), points["measured_us"].max()]
    axes.plot(reach, reach, color=_GREY, linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="measured [µs]")
    highest = max(points["measured_us"].max(), points["simulated_us"].max())
    ticks = [
        tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if reach[0] <= 2 * tick <= 4 * highest
    ]
    shown = [str(tick) for tick in ticks]
    axes.set_xticks(ticks, shown)
    axes.set_yticks(ticks, shown)
    axes.set(xlim=(reach[0] / 1.2, 1.2 * highest), ylim=(reach[0] / 1.2, 1.2 * highest))
    axes.minorticks_off()
    tidy(axes)
