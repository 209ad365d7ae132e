"""DRAM traffic of SpArch as its parts are added and left out."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sparsesim.report.style import panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TENSOR_COLOURS: Final = {"A": "#009E73", "B": "#0072B2", "partial": "#E69F00", "C": "#999999"}


def plot_ablation(table: "pd.DataFrame", path: Path) -> Path:
    """`draw_ablation`, saved."""
    return save(draw_ablation(table), path)


def draw_ablation(table: "pd.DataFrame") -> "Figure":
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
    return figure


def _stage(order: str, part: str) -> str:
    shown = "Huffman" if part == "huffman" else part
    return f"without {shown}" if order == "left out" else shown if part == "none" else f"+ {shown}"
