"""What every picture shares: colours (Okabe and Ito's palette, safe for colour-blind readers), panels, files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sparsesim.atomic import replacing
from sparsesim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SERIES_COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES: Final = ("-", "--", "-.", ":")
HATCHES: Final = ("", "//", "..", "xx", "\\\\", "++", "oo", "**")
MOST_COLOURS: Final = 6
"""Series that colours alone tell apart, and bars that stand side by side before they become a heat map."""

PAGE_DPI: Final = 200
"""Dots per inch of pictures that are drawn in the size in which they are read."""

GREY: Final = "#777777"
DARK: Final = "#333333"


def nth(choices: Sequence[str], number: int) -> str:
    """The colour, marker or line of a series; they start again after the last."""
    return choices[number % len(choices)]


def panels(
    rows: int,
    columns: int,
    width: float,
    height: float,
    below: float = 0.7,
    beside: float = 0.1,
    share_y: Literal["none", "row"] = "none",
) -> tuple[Figure, Any]:
    """A figure with rows x columns axes of the given size in inches; pyplot and its global state are not involved.

    Room for tick labels (`below`, and `beside` on the right), titles and legend is given in inches too, because an
    automatic layout would have to draw everything twice.
    """
    left, top, between, head, foot = 0.75, 0.45, 0.15 if share_y == "row" else 0.7, 0.4, 0.35
    whole_width = left + columns * width + (columns - 1) * between + beside
    whole_height = head + rows * (top + height + below) + foot
    figure = Figure(figsize=(whole_width, whole_height))
    grid = figure.subplots(rows, columns, squeeze=False, sharey=share_y)
    figure.subplots_adjust(
        left=left / whole_width,
        right=1 - beside / whole_width,
        top=1 - (head + top) / whole_height,
        bottom=(foot + below) / whole_height,
        wspace=between / width,
        hspace=(top + below) / height,
    )
    return figure, grid


def tidy(axes: Axes, along: Literal["x", "y", "both"] = "y") -> None:
    """A light grid behind the data at the ticks of one axis, and no box."""
    axes.set_axisbelow(True)
    axes.grid(axis=along, color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def not_refused(table: "pd.DataFrame") -> "pd.DataFrame":
    """The rows that ran; InputError if there is none, because there is nothing to draw."""
    done = table[table["status"] == "ok"]
    if done.empty:
        raise InputError("nothing to draw: every point was refused")
    return done


def in_order(column: "pd.Series[Any]") -> list[Any]:
    """The different values of a column, in the order in which they first appear."""
    return list(dict.fromkeys(column))


def pruned(pruner: str, sparsity: float) -> str:
    """A pruner and its sparsity in the words of a title: "magnitude 90%", "unpruned"."""
    return "unpruned" if pruner == "none" else f"{pruner} {100 * sparsity:.3g}%"


def save(figure: Figure, path: Path, dpi: int = 130) -> Path:
    """Write a PNG (or whatever the suffix says) and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as new:
        figure.savefig(new, dpi=dpi)
    return path
