"""What a comparison with published values looks like: tables of errors, and pictures of the studies behind it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.ticker import LogLocator
from rich.markup import escape
from rich.table import Table

from sparsesim.report.style import MARKERS, SERIES_COLOURS, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Record = Mapping[str, Any]

TENSOR_COLOURS: Final = {"A": "#009E73", "B": "#0072B2", "partial": "#E69F00", "C": "#999999"}
ENERGY_COLOURS: Final = {"compute": "#CC79A7", "SRAM": "#56B4E9", "DRAM": "#0072B2"}
_INFINITE = 10**9
_GREY = "#777777"


def comparison_table(rows: Sequence[Record]) -> Table:
    """Published beside simulated, a section for every metric; fitted values are marked."""
    table = Table(header_style="bold")
    for name in ("metric", "case", "published", "simulated", "error", ""):
        table.add_column(name, justify="right" if name in ("published", "simulated", "error") else "left")
    for metric in dict.fromkeys(row["metric"] for row in rows):
        table.add_section()
        label = metric
        for row in (row for row in rows if row["metric"] == metric):
            values = (_number(row["published"]), _number(row["simulated"]), f"{row['error_pct']:+.2f} %")
            table.add_row(label, escape(row["case"]), *values, "fitted" if row["fitted"] else "")
            label = ""
    return table


def summary_table(summary: Sequence[Record]) -> Table:
    """Mean and largest absolute error by metric, as `validation.summarise` gives them."""
    table = Table(header_style="bold", title="absolute errors", title_justify="left")
    for name in ("metric", "rows", "mean", "largest", ""):
        table.add_column(name, justify="right" if name in ("rows", "mean", "largest") else "left")
    for row in summary:
        errors = (f"{row[key]:.2f} %" for key in ("mean_abs_error_pct", "max_abs_error_pct"))
        table.add_row(row["metric"], str(row["rows"]), *errors, "fitted" if row["fitted"] else "")
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"


def plot_errors(rows: "pd.DataFrame", path: Path) -> Path:
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
        colour = coloured.get(case, _GREY)
        face = "none" if row.fitted else colour
        axes.plot(row.error_pct, metrics.index(str(row.metric)), "o", color=colour, markerfacecolor=face, markersize=5)
    axes.axvline(0, color="#333333", linewidth=0.8)
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
    axes.plot([], [], "o", color=_GREY, markerfacecolor="none", markersize=5, label="hollow: fitted")
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    tidy(axes)
    return save(figure, path)


def plot_sweeps(table: "pd.DataFrame", path: Path) -> Path:
    """DRAM bytes (1 = the shipped machine) and GFLOP/s over the sizes of the unit, one line per matrix."""
    sweeps = list(dict.fromkeys(table["sweep"]))
    figure, grid = panels(2, len(sweeps), 3.0, 2.2, 0.25)
    figure.subplots_adjust(wspace=0.16)
    for column, sweep in enumerate(sweeps):
        points = table[table["sweep"] == sweep]
        for place, (matrix, line) in enumerate(points.groupby("matrix", sort=False)):
            shipped = line.loc[line["is_shipped"], "dram_bytes"].iloc[0]
            style = {"color": SERIES_COLOURS[place], "marker": MARKERS[place], "markersize": 4, "label": str(matrix)}
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
    return save(figure, path)


def _sweep_axis(axes: "Axes", points: "pd.DataFrame") -> None:
    values = list(dict.fromkeys(points["value"]))
    labels = ["∞" if value >= _INFINITE else f"{value // 1024}k" if value >= 8192 else str(value) for value in values]
    axes.set_xticks(range(len(values)), labels, fontsize=8)
    axes.axvline(values.index(points.loc[points["is_shipped"], "value"].iloc[0]), color=_GREY, linestyle="--", lw=0.8)
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


def plot_ablation(table: "pd.DataFrame", path: Path) -> Path:
    """DRAM bytes by tensor: parts of the unit added one after the other, and each left out of the whole."""
    matrices = list(dict.fromkeys(table["matrix"]))
    columns = min(3, len(matrices))
    figure, grid = panels(-(-len(matrices) // columns), columns, 3.5, 2.1, 0.85)
    figure.subplots_adjust(wspace=0.24)
    for axes, matrix in zip(grid.flat, matrices, strict=False):
        bars = table[table["matrix"] == matrix]
        place = np.arange(len(bars)) + 0.6 * (bars["order"] == "left out").to_numpy()
        bottom = np.zeros(len(bars))
        for tensor, colour in TENSOR_COLOURS.items():
            height = bars[f"dram_{tensor}_bytes"].to_numpy(float) / 1e6
            axes.bar(place, height, 0.75, bottom, color=colour, label=tensor)
            bottom += height
        labels = [_stage(order, part) for order, part in zip(bars["order"], bars["part"], strict=True)]
        axes.set_xticks(place, labels, rotation=30, ha="right", fontsize=8)
        axes.set_title(str(matrix), fontsize=10)
        axes.set_ylabel("DRAM traffic [MB]", fontsize=8)
        tidy(axes)
    for axes in list(grid.flat)[len(matrices) :]:
        axes.set_visible(False)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=4, frameon=False)
    return save(figure, path)


def _stage(order: str, part: str) -> str:
    shown = "Huffman" if part == "huffman" else part
    return f"without {shown}" if order == "left out" else shown if part == "none" else f"+ {shown}"


def plot_simulation_time(table: "pd.DataFrame", path: Path) -> Path:
    """Seconds of simulation against multiplies, with a line of slope one through the R-MAT points."""
    figure, grid = panels(1, 1, 6.0, 4.0, below=0.3)
    axes = grid[0][0]
    for place, (kind, points) in enumerate(table[table["seconds"] > 0].groupby("kind", sort=False)):
        style = {"color": SERIES_COLOURS[place], "marker": MARKERS[place], "linestyle": "none", "markersize": 5}
        axes.plot(points["multiplies"], points["seconds"], alpha=0.8, label=f"{kind} matrices", **style)
    grown = table[table["kind"] == "R-MAT"]
    rate = float(np.exp(np.mean(np.log(grown["multiplies"] / grown["seconds"]))))
    reach = np.array([grown["multiplies"].min(), grown["multiplies"].max()], float)
    axes.plot(reach, reach / rate, "--", color=_GREY, label=f"slope 1: {rate / 1e6:.0f} M multiplies/s")
    axes.set(xscale="log", yscale="log", xlabel="multiplies of A x A", ylabel="simulation [s]")
    axes.legend(fontsize=9, frameon=False)
    tidy(axes)
    return save(figure, path)


def plot_matrices(table: "pd.DataFrame", path: Path, published: Mapping[str, float]) -> Path:
    """Speed under the roofs of memory and multipliers, and energy per operation; the paper's means beside ours."""
    figure, grid = panels(1, 2, 5.6, 4.0, 0.7)
    figure.subplots_adjust(wspace=0.16)
    _roofline(grid[0][0], table, published)
    _energy(grid[0][1], table[table["in_paper"] != "no"], published)
    return save(figure, path)


def _roofline(axes: "Axes", table: "pd.DataFrame", published: Mapping[str, float]) -> None:
    x, y = "FLOP per compulsory byte", "GFLOP/s"
    reach = np.geomspace(table[x].min() / 1.5, max(table[x].max(), 1.0) * 1.5, 100)
    roof = np.minimum(reach * table["peak_gbyte_per_s"].iloc[0], 2 * table["peak_gmac_per_s"].iloc[0])
    axes.plot(reach, roof, color="#333333", linewidth=1.2, label="roof: DRAM, multipliers")
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


_IN_PAPER = ["exact", "reconstructed"]


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
