"""Accuracy over reduction for several ways of pruning."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparsesim.report.style import DARK, MARKERS, SERIES_COLOURS, nth, panels, save, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_ladder(rows: Sequence[Mapping[str, Any]], path: Path, baseline: float, allowed_drop: float) -> Path:
    """`draw_ladder`, saved."""
    return save(draw_ladder(rows, baseline, allowed_drop), path)


def draw_ladder(rows: Sequence[Mapping[str, Any]], baseline: float, allowed_drop: float) -> "Figure":
    """One curve per method; whiskers run from the lowest to the highest seed.

    `rows` hold method, reduction (weights before / after), accuracy (the mean), lowest and highest. `baseline` is the
    accuracy before pruning, in [0, 1]; the dotted line lies `allowed_drop` below it.
    """
    methods = list(dict.fromkeys(row["method"] for row in rows))
    figure, grid = panels(1, 1, 6.0, 3.6, 0.45, 0.2)
    axes = grid[0][0]
    for number, method in enumerate(methods):
        chosen = [row for row in rows if row["method"] == method]
        means = [100 * row["accuracy"] for row in chosen]
        # The mean of equal values may differ from them by a rounding error; whiskers must not be negative.
        below = [max(0.0, 100 * (row["accuracy"] - row["lowest"])) for row in chosen]
        above = [max(0.0, 100 * (row["highest"] - row["accuracy"])) for row in chosen]
        reductions = [row["reduction"] for row in chosen]
        colour, marker = nth(SERIES_COLOURS, number), nth(MARKERS, number)
        whiskers = [below, above]
        axes.errorbar(
            reductions, means, yerr=whiskers, label=method, color=colour, marker=marker, markersize=4, capsize=2
        )
    axes.axhline(100 * baseline, color=DARK, linewidth=0.8)
    axes.axhline(100 * (baseline - allowed_drop), color=DARK, linewidth=0.8, linestyle=":")
    axes.set_title(f"line: unpruned, dotted: {100 * allowed_drop:g} points below", fontsize=8)
    axes.set_xscale("log")
    ticks = sorted({row["reduction"] for row in rows})
    axes.set_xticks(ticks, [f"{tick:g}x" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("weights before / after pruning")
    axes.set_ylabel("accuracy, %")
    axes.legend(frameon=False, fontsize=8)
    tidy(axes)
    return figure
