"""Pictures of tensor cores against measured GEMM times: times, ratios of dense and 2:4, ratios over the tokens.

All tables have a line per product with card, type, suite, kernel (what "sparse" means), m_tokens, n, k, fitted and
{dense,sparse}_{measured,simulated}_us and ratio_{measured,simulated}; NaN where there is nothing to compare.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from matplotlib.ticker import LogLocator, NullLocator

from sparsesim.report.style import MARKERS, SERIES_COLOURS, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GREY: Final = "#777777"
_DARK: Final = "#333333"
_RATIOS: Final = (0.25, 0.5, 0.7, 1, 1.4, 2, 3, 4)
_PLACES: Final = {"dense": 0, "2:4": 1, "V:N:M": 2}
_SHADE: Final = "#eeeeee"
_WIDE: Final = 8.0


def plot_times(table: "pd.DataFrame", path: Path) -> Path:
    """Simulated over measured times on logarithmic axes, a panel per card and type; hollow where fitted."""
    grouped = _by_card(table)
    figure, grid = _grid(len(grouped), 4, 2.5, 2.3)
    for axes, (title, points) in zip(grid, grouped.items(), strict=False):
        _scatter(axes, points, "dense", "dense_measured_us", "dense_simulated_us")
        for kernel, chosen in points.groupby("kernel"):
            _scatter(axes, chosen, str(kernel), "sparse_measured_us", "sparse_simulated_us")
        times = points[[name for name in points if str(name).endswith("_us")]]
        _equal(axes, title, (float(times.min().min()) / 1.6, float(times.max().max()) * 1.6))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(numticks=5))
    _margins(grid, len(grouped), 4, "measured [µs]", "simulated [µs]")
    _legend(figure, grid[0], ["dense", *dict.fromkeys(table.loc[table["sparse_measured_us"].notna(), "kernel"])])
    return save(figure, path)


def plot_ratios(table: "pd.DataFrame", path: Path) -> Path:
    """Simulated over measured ratio of dense and sparse time, a panel per card and type; dashed: always twice."""
    grouped = _by_card(table)
    figure, grid = _grid(len(grouped), 4, 2.5, 2.3)
    ratios = table[["ratio_measured", "ratio_simulated"]]
    reach = float(ratios.min().min()) / 1.1, float(ratios.max().max()) * 1.1
    ticks = [tick for tick in _RATIOS if reach[0] <= tick <= reach[1]]
    for axes, (title, points) in zip(grid, grouped.items(), strict=False):
        axes.axhline(2, color=_DARK, linestyle="--", linewidth=0.8)
        axes.axvspan(reach[0], 1, color=_SHADE, zorder=0)
        for kernel, chosen in points.groupby("kernel"):
            _scatter(axes, chosen, str(kernel), "ratio_measured", "ratio_simulated")
        _equal(axes, title, reach)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    _margins(grid, len(grouped), 4, "measured dense / sparse", "simulated dense / sparse")
    lines: list[Any] = grid[0].plot([], [], "--", color=_DARK, linewidth=0.8, label="always 2x")
    lines += [grid[0].fill_between([], [], color=_SHADE, label="sparse is slower")]
    _legend(figure, grid[0], list(dict.fromkeys(table["kernel"])), lines)
    return save(figure, path)


def plot_over_tokens(table: "pd.DataFrame", path: Path) -> Path:
    """Ratio of dense and sparse time over tokens, a panel per weight matrix; dots measured, lines simulated.

    Products of the suite SQUARE share one panel, over their side.
    """
    square = table["suite"] == "SQUARE"
    families: dict[str, pd.DataFrame] = {
        f"weights {n} × {k}": points for (n, k), points in table[~square].groupby(["n", "k"])
    }
    if square.any():
        families["squares, N = K = M"] = table[square]
    figure, grid = _grid(len(families), 3, 3.2, 2.0)
    types = list(dict.fromkeys(table["type"]))
    highest = max(2.2, 1.1 * float(table[["ratio_measured", "ratio_simulated"]].max().max()))
    for axes, (title, points) in zip(grid, families.items(), strict=False):
        axes.axhline(1, color=_GREY, linewidth=0.8)
        axes.axhline(2, color=_DARK, linestyle="--", linewidth=0.8)
        for place, name in enumerate(types):
            line = points[points["type"] == name].groupby("m_tokens")[["ratio_measured", "ratio_simulated"]].mean()
            style: dict[str, Any] = {"color": SERIES_COLOURS[place]}
            axes.plot(line.index, line["ratio_measured"], MARKERS[place], markersize=4, label=name, **style)
            axes.plot(line.index, line["ratio_simulated"], linewidth=1.2, **style)
        axes.set_xscale("log", base=2)
        axes.set_ylim(0, highest)
        axes.set_title(title, fontsize=10)
        tidy(axes)
    _margins(grid, len(families), 3, "tokens", "dense / 2:4 time")
    handles, labels = grid[0].get_legend_handles_labels()
    handles += grid[-1].plot([], [], "o", color=_GREY, markersize=4) + grid[-1].plot([], [], color=_GREY)
    labels += ["dots: measured", "lines: simulated"]
    figure.legend(handles, labels, loc="upper center", ncols=len(labels), frameon=False, fontsize=9)
    return save(figure, path)


def _by_card(table: "pd.DataFrame") -> "dict[str, pd.DataFrame]":
    return {f"{card} {name}": points for (card, name), points in table.groupby(["card", "type"], sort=False)}


def _grid(count: int, columns: int, width: float, height: float) -> "tuple[Figure, list[Axes]]":
    """As many axes as are needed, row by row; the rest of the last row is hidden."""
    columns = min(columns, count)
    figure, grid = panels(-(-count // columns), columns, width, height, below=0.25)
    figure.subplots_adjust(wspace=0.45 / width)
    axes = list(grid.flat)
    for unused in axes[count:]:
        unused.set_visible(False)
    return figure, axes


def _margins(grid: "list[Axes]", count: int, columns: int, below: str, left: str) -> None:
    """Labels under the lowest axes of every column, and left of the first."""
    for place, axes in enumerate(grid[:count]):
        if place + columns >= count:
            axes.set_xlabel(below, fontsize=9)
        if place % columns == 0:
            axes.set_ylabel(left, fontsize=9)


def _scatter(axes: "Axes", points: "pd.DataFrame", kernel: str, x: str, y: str) -> None:
    """Column `y` over column `x` in the colour of the kernel."""
    place = _PLACES.get(kernel, len(_PLACES))
    for fitted, group in points.dropna(subset=[x, y]).groupby("fitted"):
        style: dict[str, Any] = {"marker": MARKERS[place], "markersize": 3.2, "markeredgewidth": 0.7, "alpha": 0.8}
        face = "none" if fitted else SERIES_COLOURS[place]
        axes.plot(group[x], group[y], linestyle="none", color=SERIES_COLOURS[place], markerfacecolor=face, **style)


def _equal(axes: "Axes", title: str, reach: tuple[float, float]) -> None:
    """The same logarithmic scale on both axes, and the line where both values are equal."""
    axes.plot(reach, reach, color=_GREY, linewidth=0.8, zorder=0)
    axes.set(xscale="log", yscale="log", xlim=reach, ylim=reach)
    axes.set_title(title, fontsize=10)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    tidy(axes)


def _legend(figure: "Figure", axes: "Axes", kernels: list[str], further: Sequence[Any] = ()) -> None:
    handles: list[Any] = []
    for kernel in kernels:
        place = _PLACES.get(kernel, len(_PLACES))
        handles += axes.plot([], [], MARKERS[place], color=SERIES_COLOURS[place], markersize=5, label=kernel)
    for face, label in ((_GREY, "filled: others"), ("none", "hollow: fitted")):
        handles += axes.plot([], [], "o", color=_GREY, markerfacecolor=face, markersize=5, label=label)
    handles += further
    columns = len(handles) if figure.get_figwidth() > _WIDE else -(-len(handles) // 3)
    figure.legend(handles=handles, loc="upper center", ncols=columns, frameon=False, fontsize=9)
