"""Colours and names that every plot shares; the palette is Okabe and Ito's, safe for colour-blind readers."""

from pathlib import Path
from typing import Any, Final, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

COMPONENT_COLOURS: Final = {
    "dram": "#0072B2",
    "sram": "#56B4E9",
    "register": "#009E73",
    "mac": "#E69F00",
    "logic": "#CC79A7",
}
COMPONENT_NAMES: Final = {
    "dram": "DRAM",
    "sram": "SRAM",
    "register": "register file",
    "mac": "MAC",
    "logic": "index / merge logic",
}
SERIES_COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES: Final = ("-", "--", "-.", ":")
HATCHES: Final = ("", "//", "..", "xx", "\\\\", "++", "oo", "**")


def panels(
    rows: int, columns: int, width: float, height: float, share_y: Literal["none", "row"] = "none"
) -> tuple[Figure, Any]:
    """A figure with rows x columns axes of the given size in inches (no global pyplot state)."""
    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, sharey=share_y)


def tidy(axes: Axes) -> None:
    """Light horizontal grid behind the data, no box."""
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def save(figure: Figure, path: Path) -> Path:
    """Write a PNG (or whatever the suffix says) and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    return path
