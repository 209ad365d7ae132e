"""Simulated over measured GEMM times."""

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.ticker import LogLocator

from sparsesim.report.style import save
from sparsesim.report.tensor_core.panels import by_card, equal_axes, kernel_legend, outer_labels, scatter, small_panels

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def plot_times(table: "pd.DataFrame", path: Path) -> Path:
    """`draw_times`, saved."""
    return save(draw_times(table), path)


def draw_times(table: "pd.DataFrame") -> "Figure":
    """Simulated over measured times on logarithmic axes, a panel per card and type; hollow where fitted."""
    grouped = by_card(table)
    figure, grid = small_panels(len(grouped), 4, 2.5, 2.3)
    for axes, (title, points) in zip(grid, grouped.items(), strict=False):
        scatter(axes, points, "dense", "dense_measured_us", "dense_simulated_us")
        for kernel, chosen in points.groupby("kernel"):
            scatter(axes, chosen, str(kernel), "sparse_measured_us", "sparse_simulated_us")
        times = points[[name for name in points if str(name).endswith("_us")]]
        equal_axes(axes, title, (float(times.min().min()) / 1.6, float(times.max().max()) * 1.6))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(numticks=5))
    outer_labels(grid, len(grouped), 4, "measured [µs]", "simulated [µs]")
    kernel_legend(figure, grid[0], ["dense", *dict.fromkeys(table.loc[table["sparse_measured_us"].notna(), "kernel"])])
    return figure
