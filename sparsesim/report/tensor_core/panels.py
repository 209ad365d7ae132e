"""What the pictures of tensor cores share: small panels, scatter plots on equal axes, a legend of kernels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from matplotlib.ticker import NullLocator

from sparsesim.report.style import GREY, MARKERS, SERIES_COLOURS, panels, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PLACES: Final = {"dense": 0, "2:4": 1, "V:N:M": 2}
_WIDE_INCHES: Final = 8.0


def by_card(table: "pd.DataFrame") -> "dict[str, pd.DataFrame]":
    """The rows of each card and number type, by the title of their panel."""
    return {f"{card} {name}": points for (card, name), points in table.groupby(["card", "type"], sort=False)}


def small_panels(count: int, columns: int, width: float, height: float) -> "tuple[Figure, list[Axes]]":
    """As many axes as are needed, row by row; the rest of the last row is hidden."""
    columns = min(columns, count)
    figure, grid = panels(-(-count // columns), columns, width, height, below=0.25)
    figure.subplots_adjust(wspace=0.45 / width)
    axes = list(grid.flat)
    for unused in axes[count:]:
        unused.set_visible(False)
    return figure, axes


def outer_labels(grid: "list[Axes]", count: int, columns: int, below: str, left: str) -> None:
    """Labels under the lowest axes of every column, and left of the first."""
    for place, axes in enumerate(grid[:count]):
        if place + columns >= count:
            axes.set_xlabel(below, fontsize=9)
        if place % columns == 0:
            axes.set_ylabel(left, fontsize=9)


def scatter(axes: "Axes", points: "pd.DataFrame", kernel: str, x: str, y: str) -> None:
    """Column `y` over column `x` in the colour of the kernel."""
    place = _PLACES.get(kernel, len(_PLACES))
    for fitted, group in points.dropna(subset=[x, y]).groupby("fitted"):
        style: dict[str, Any] = {"marker": MARKERS[place], "markersize": 3.2, "markeredgewidth": 0.7, "alpha": 0.8}
        face = "none" if fitted else SERIES_COLOURS[place]
        axes.plot(group[x], group[y], linestyle="none", color=SERIES_COLOURS[place], markerfacecolor=face, **style)


def equal_axes(axes: "Axes", title: str, reach: tuple[float, float]) -> None:
    """The same logarithmic scale on both axes, and the line where both values are equal."""
    axes.plot(reach, reach, color=GREY, linewidth=0.8, zorder=0)
    axes.set(xscale="log", yscale="log", xlim=reach, ylim=reach)
    axes.set_title(title, fontsize=10)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    tidy(axes)


def kernel_legend(figure: "Figure", axes: "Axes", kernels: list[str], further: Sequence[Any] = ()) -> None:
    """A legend of the kernels, of hollow and filled marks, and of `further` handles."""
    handles: list[Any] = []
    for kernel in kernels:
        place = _PLACES.get(kernel, len(_PLACES))
        handles += axes.plot([], [], MARKERS[place], color=SERIES_COLOURS[place], markersize=5, label=kernel)
    for face, label in ((GREY, "filled: others"), ("none", "hollow: fitted")):
        handles += axes.plot([], [], "o", color=GREY, markerfacecolor=face, markersize=5, label=label)
    handles += further
    columns = len(handles) if figure.get_figwidth() > _WIDE_INCHES else -(-len(handles) // 3)
    figure.legend(handles=handles, loc="upper center", ncols=columns, frameon=False, fontsize=9)
