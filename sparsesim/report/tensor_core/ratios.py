"""Simulated over measured ratio of dense and sparse GEMM times."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparsesim.report.style import DARK, save
from sparsesim.report.tensor_core.panels import by_card, equal_axes, kernel_legend, outer_labels, scatter, small_panels

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_RATIOS: Final = (0.25, 0.5, 0.7, 1, 1.4, 2, 3, 4)
_SHADE: Final = "#eeeeee"


def plot_ratios(table: "pd.DataFrame", path: Path) -> Path:
    """`draw_ratios`, saved."""
    return save(draw_ratios(table), path)


def draw_ratios(table: "pd.DataFrame") -> "Figure":
    """Simulated over measured ratio of dense and sparse time, a panel per card and type; dashed: always twice."""
    grouped = by_card(table)
    figure, grid = small_panels(len(grouped), 4, 2.5, 2.3)
    ratios = table[["ratio_measured", "ratio_simulated"]]
    reach = float(ratios.min().min()) / 1.1, float(ratios.max().max()) * 1.1
    ticks = [tick for tick in _RATIOS if reach[0] <= tick <= reach[1]]
    for axes, (title, points) in zip(grid, grouped.items(), strict=False):
        axes.axhline(2, color=DARK, linestyle="--", linewidth=0.8)
        axes.axvspan(reach[0], 1, color=_SHADE, zorder=0)
        for kernel, chosen in points.groupby("kernel"):
            scatter(axes, chosen, str(kernel), "ratio_measured", "ratio_simulated")
        equal_axes(axes, title, reach)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    outer_labels(grid, len(grouped), 4, "measured dense / sparse", "simulated dense / sparse")
    lines: list[Any] = grid[0].plot([], [], "--", color=DARK, linewidth=0.8, label="always 2x")
    lines += [grid[0].fill_between([], [], color=_SHADE, label="sparse is slower")]
    kernel_legend(figure, grid[0], list(dict.fromkeys(table["kernel"])), lines)
    return figure
