"""Where the non-zeros of a matrix or of a network's masks lie, and how many there are per row and per column."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from sparsesim.array_types import BoolArray, IntArray
from sparsesim.errors import InputError
from sparsesim.pruning import to_matrix
from sparsesim.report.style import save
from sparsesim.tensors import SparseMatrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Mask: TypeAlias = BoolArray
Matrices: TypeAlias = Mask | SparseMatrix | Mapping[str, Mask | SparseMatrix]

MOST_CELLS: Final = 256
"""Squares along one side of a panel; in larger matrices each stands for several weights."""

MOST_PANELS: Final = 12

# Inches: the matrix, the bars beside it, the seam between them, tick labels around both, two lines of title, margin.
SIDE, EDGE, SEAM, GAP, TITLE, MARGIN = 2.6, 0.45, 0.1, 0.5, 0.35, 0.5
BAR, LINE = "#56B4E9", "#D55E00"


def plot_spy(matrices: Matrices, path: Path, title: str = "") -> Path:
    """`draw_spy`, saved."""
    return save(draw_spy(matrices, title), path)


def draw_spy(matrices: Matrices, title: str = "") -> "Figure":
    """The non-zeros of one matrix, or of several by name (at most the 12 largest).

    Masks are bool [rows, columns], or [c_out, c_in, kh, kw], which are drawn lowered. A matrix with a side above 256 is
    cut into at most 256 squares along it, which show their density. Bars on the right count the non-zeros per row,
    those on top per column. Raises InputError for masks of another shape or type, and if no matrix has any entries.
    """
    named = matrices if isinstance(matrices, Mapping) else {"": matrices}
    counted = {name: _Counted(matrix) for name, matrix in named.items()}
    shown = [name for name in _largest(counted) if counted[name].size]
    if not shown:
        raise InputError("there is no matrix with rows and columns to draw")
    across = min(4, math.ceil(math.sqrt(len(shown))))
    figure, corners = _figure(math.ceil(len(shown) / across), across)
    for name, corner in zip(shown, corners, strict=False):
        _panel(figure, corner, name, counted[name])
    note = f" (the {len(shown)} largest of {len(counted)} layers)" if len(shown) < len(counted) else ""
    height = figure.get_size_inches()[1]
    figure.text(0.02, 1 - 0.12 / height, f"{title}{note}".strip(), fontsize=9, va="top", wrap=True)
    return figure


class _Counted:
    """A matrix as it is drawn: the share of non-zeros in every square, and their number per row and per column."""

    def __init__(self, matrix: Mask | SparseMatrix) -> None:
        rows, columns, self.shape = _positions(matrix)
        self.size, self.nnz = self.shape[0] * self.shape[1], len(rows)
        steps = [max(1, -(-side // MOST_CELLS)) for side in self.shape]
        cells = [max(1, -(-side // step)) for side, step in zip(self.shape, steps, strict=True)]
        found = np.bincount(rows // steps[0] * cells[1] + columns // steps[1], minlength=cells[0] * cells[1])
        heights, widths = (_lengths(side, step) for side, step in zip(self.shape, steps, strict=True))
        self.density = found.reshape(cells) / np.maximum(1, np.outer(heights, widths))
        self.per_row = np.bincount(rows, minlength=self.shape[0])
        self.per_column = np.bincount(columns, minlength=self.shape[1])
        self.steps = steps


def _positions(matrix: Mask | SparseMatrix) -> tuple[IntArray, IntArray, tuple[int, int]]:
    if isinstance(matrix, SparseMatrix):
        return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), matrix.indices, matrix.shape
    mask = np.asarray(matrix)
    if mask.dtype != np.bool_ or mask.ndim not in (2, 4):
        raise InputError(
            f"a mask must be bool [rows, columns] or [c_out, c_in, kh, kw], found {mask.dtype} {mask.shape}"
        )
    flat = to_matrix(mask)
    rows, columns = np.nonzero(flat)
    return rows, columns, (flat.shape[0], flat.shape[1])


def _lengths(side: int, step: int) -> IntArray:
    return np.minimum(step, side - np.arange(0, max(side, 1), step))


def _largest(counted: Mapping[str, _Counted]) -> list[str]:
    """Names of the largest matrices, in their order."""
    ranked = sorted(counted, key=lambda name: -counted[name].size)[:MOST_PANELS]
    return [name for name in counted if name in ranked]


def _figure(rows: int, columns: int) -> "tuple[Figure, list[tuple[float, float]]]":
    """A figure, and the lower left corner of every matrix in inches, row by row."""
    from matplotlib.figure import Figure

    cell = (SIDE + EDGE + GAP, SIDE + EDGE + GAP + TITLE)
    size = (columns * cell[0] + MARGIN, rows * cell[1] + MARGIN)
    corners = [(MARGIN + c * cell[0], (rows - 1 - r) * cell[1] + GAP) for r in range(rows) for c in range(columns)]
    return Figure(figsize=size), corners


def _panel(figure: "Figure", corner: tuple[float, float], name: str, counted: _Counted) -> None:
    """The squares, the bars of rows on the right, the bars of columns above, and the figures in words."""
    squares = _axes(figure, corner, (SIDE, SIDE))
    extent = (-0.5, counted.shape[1] - 0.5, counted.shape[0] - 0.5, -0.5)
    top = float(counted.density.max())
    darkest = 2.0 if counted.steps == [1, 1] else max(top, 1 / MOST_CELLS)  # single weights in plain blue
    squares.imshow(
        counted.density,
        cmap=_shades(),
        vmin=0,
        vmax=darkest,
        aspect="auto",
        interpolation="nearest",
        extent=extent,
    )
    squares.set_xlabel("column", fontsize=7, labelpad=1)
    squares.set_ylabel("row", fontsize=7, labelpad=1)
    right = _axes(figure, (corner[0] + SIDE + SEAM, corner[1]), (EDGE, SIDE))
    _bars(right, counted.per_row, counted.steps[0], upright=False)
    right.set_ylim(squares.get_ylim())
    above = _axes(figure, (corner[0], corner[1] + SIDE + SEAM), (SIDE, EDGE))
    _bars(above, counted.per_column, counted.steps[1], upright=True)
    above.set_xlim(squares.get_xlim())
    above.set_title(_words(name, counted, top), fontsize=7.5, loc="left", pad=4)
    for axes in (squares, right, above):
        axes.tick_params(labelsize=6, length=2, pad=1)


def _bars(axes: "Axes", counts: IntArray, step: int, upright: bool) -> None:
    """Mean number of non-zeros in every `step` rows or columns, and the mean of all as a line."""
    starts = np.arange(0, len(counts), step)
    lengths = _lengths(len(counts), step)
    means = np.add.reduceat(counts, starts) / lengths
    centres = starts + lengths / 2 - 0.5
    draw = axes.bar if upright else axes.barh
    draw(centres, means, lengths, color=BAR, linewidth=0)
    (axes.axhline if upright else axes.axvline)(float(counts.mean()), color=LINE, linewidth=0.8)
    most = float(max(means.max(), 1))
    (axes.set_ylim if upright else axes.set_xlim)(0, 1.05 * most)
    (axes.set_yticks if upright else axes.set_xticks)([0, most], ["0", f"{most:.3g}"])
    (axes.set_xticks if upright else axes.set_yticks)([])
    axes.spines[["top", "right"]].set_visible(False)


def _words(name: str, counted: _Counted, top: float) -> str:
    rows, columns = counted.shape
    busiest = [_busiest(counts) for counts in (counted.per_row, counted.per_column)]
    head = f"{name}  {rows:,} × {columns:,}".strip()
    darkest = "" if counted.steps == [1, 1] else f"; darkest square {top:.0%}"
    return (
        f"{head}, {counted.nnz / counted.size:.1%} non-zero\n"
        f"fullest row {busiest[0]:.2f}, column {busiest[1]:.2f} × mean{darkest}"
    )


def _busiest(counts: IntArray) -> float:
    return float(counts.max() / counts.mean()) if counts.any() else 0.0


def _axes(figure: "Figure", corner: tuple[float, float], size: tuple[float, float]) -> "Axes":
    width, height = figure.get_size_inches()
    return figure.add_axes((corner[0] / width, corner[1] / height, size[0] / width, size[1] / height))


def _shades() -> Any:
    """White for none, then light to dark blue; even a single non-zero in a square shows."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(
        "spy", [(0, "#ffffff"), (0.001, "#dcebf5"), (0.5, "#0072B2"), (1, "#00243a")]
    )
