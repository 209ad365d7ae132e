"""Errors against published values."""

from pathlib import Path
from typing import TYPE_CHECKING

from sparsesim.report.style import DARK, GREY, SERIES_COLOURS, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def plot_errors(rows: "pd.DataFrame", path: Path) -> Path:
    """`draw_errors`, saved."""
    return save(draw_errors(rows), path)


def draw_errors(rows: "pd.DataFrame") -> "Figure":
    """Every error by metric, on a scale that is linear within one percent; hollow where fitted.

    Cases have colours of their own unless there are far more cases than colours.
    """
    metrics = list(dict.fromkeys(rows["metric"]))
    cases = rows["case"].str.split(",").str[0]
    names = list(dict.fromkeys(cases[~rows["fitted"]]))
    coloured = {} if len(names) > 2 * len(SERIES_COLOURS) else dict(zip(names, SERIES_COLOURS, strict=False))
    figure, grid = panels(1, 1, 8.6, 0.24 * len(metrics) + 0.3, below=0.2, beside=1.9)
    figure.subplots_adjust(left=0.24, top=0.98)
    axes = grid[0][0]
    for row, case in zip(rows.itertuples(), cases, strict=True):
        colour = coloured.get(case, GREY)
        face = "none" if row.fitted else colour
        axes.plot(row.error_pct, metrics.index(str(row.metric)), "o", color=colour, markerfacecolor=face, markersize=5)
    axes.axvline(0, color=DARK, linewidth=0.8)
    axes.set_xscale("symlog", linthresh=1.0)
    reach = max(10.0, float(rows["error_pct"].abs().max()) * 1.5)
    axes.set_xlim(-reach, reach)
    ticks = [value for value in (-100, -10, -1, 0, 1, 10, 100) if abs(value) <= reach]
    axes.set_xticks(ticks, [f"{value:+d} %" if value else "0" for value in ticks])
    axes.set_yticks(range(len(metrics)), metrics, fontsize=8)
    beyond = max(0.4, 0.05 * (len(metrics) - 1))  # a row at the edge would be cut off
    axes.set_ylim(len(metrics) - 1 + beyond, -beyond)
    axes.set_xlabel("simulated / published - 1")
    for case, colour in coloured.items():
        axes.plot([], [], "o", color=colour, markersize=5, label=case)
    axes.plot([], [], "o", color=GREY, markerfacecolor="none", markersize=5, label="hollow: fitted")
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    tidy(axes)
    return figure
