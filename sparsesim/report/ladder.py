"""Accuracy over reduction for several ways of pruning."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sparsesim.report.style import MARKERS, SERIES_COLOURS, panels, save, tidy


def plot_ladder(rows: Sequence[Mapping[str, Any]], path: Path, baseline: float, allowed_drop: float) -> Path:
    """One curve per method; whiskers run from the lowest to the highest seed.

    `rows` hold method, reduction (weights before / after), accuracy (the mean), lowest and highest. `baseline` is the
    accuracy before pruning, in [0, 1]; the dotted line lies `allowed_drop` below it.
    """
    # A mean of equal values may lie beyond them by a rounding error: hence the limits at zero.
    methods = list(dict.fromkeys(row["method"] for row in rows))
    figure, grid = panels(1, 1, 6.0, 3.6, 0.45, 0.2)
    axes = grid[0][0]
    for number, method in enumerate(methods):
        chosen = [row for row in rows if row["method"] == method]
        means = [100 * row["accuracy"] for row in chosen]
        below = [max(0.0, 100 * (row["accuracy"] - row["lowest"])) for row in chosen]
        above = [max(0.0, 100 * (row["highest"] - row["accuracy"])) for row in chosen]
        reductions = [row["reduction"] for row in chosen]
        style = {"color": SERIES_COLOURS[number], "marker": MARKERS[number], "markersize": 4, "capsize": 2}
        axes.errorbar(reductions, means, yerr=[below, above], label=method, **style)
    axes.axhline(100 * baseline, color="#333333", linewidth=0.8)
    axes.axhline(100 * (baseline - allowed_drop), color="#333333", linewidth=0.8, linestyle=":")
    axes.set_title(f"line: unpruned, dotted: {100 * allowed_drop:g} points below", fontsize=8)
    axes.set_xscale("log")
    ticks = sorted({row["reduction"] for row in rows})
    axes.set_xticks(ticks, [f"{tick:g}x" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("weights before / after pruning")
    axes.set_ylabel("accuracy, %")
    axes.legend(frameon=False, fontsize=8)
    tidy(axes)
    return save(figure, path)
