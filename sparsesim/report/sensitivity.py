"""Sensitivity: accuracy over the ratio at which a single layer is pruned."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparsesim.report.style import DARK, LINES, MARKERS, SERIES_COLOURS, nth, panels, save, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_sensitivity(
    rows: Sequence[Mapping[str, Any]],
    path: Path,
    baseline: float,
    max_drop: float | None = None,
    chosen: Mapping[str, float] | None = None,
) -> Path:
    """`draw_sensitivity`, saved."""
    return save(draw_sensitivity(rows, baseline, max_drop, chosen), path)


def draw_sensitivity(
    rows: Sequence[Mapping[str, Any]],
    baseline: float,
    max_drop: float | None = None,
    chosen: Mapping[str, float] | None = None,
) -> "Figure":
    """One curve per layer, in per cent; chosen ratios are ringed.

    Args:
        rows: mappings with layer, ratio and accuracy, as `SensitivityTable.rows` gives them.
        baseline: accuracy before pruning, in [0, 1].
        max_drop: accuracy that a layer may cost, in [0, 1]; drawn as a line below the baseline.
        chosen: ratio by layer, in [0, 1].
    """
    layers: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        layers.setdefault(row["layer"], []).append((100 * row["ratio"], 100 * row["accuracy"]))
    columns = -(-len(layers) // 24)
    figure, grid = panels(1, 1, 6.0, 3.8, 0.45, 0.2 + 1.6 * columns)
    axes = grid[0][0]
    for number, (layer, points) in enumerate(layers.items()):
        _curve(axes, number, layer, points, (chosen or {}).get(layer))
    _levels(axes, baseline, max_drop)
    axes.set_xlabel("ratio of the one layer that is pruned, %")
    axes.set_ylabel("accuracy, %")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.02), ncols=columns, frameon=False, fontsize=8, handlelength=4)
    tidy(axes)
    return figure


def _curve(axes: "Axes", number: int, layer: str, points: list[tuple[float, float]], chosen: float | None) -> None:
    colour, marker = nth(SERIES_COLOURS, number), nth(MARKERS, number)
    line = nth(LINES, number // len(SERIES_COLOURS))
    axes.plot(*zip(*points, strict=True), line, color=colour, marker=marker, markersize=4, label=layer)
    ringed = [] if chosen is None else [point for point in points if abs(point[0] - 100 * chosen) < 1e-9]
    if ringed:
        axes.plot(*zip(*ringed, strict=True), "o", color=colour, markersize=10, fillstyle="none")


def _levels(axes: "Axes", baseline: float, max_drop: float | None) -> None:
    axes.axhline(100 * baseline, color=DARK, linewidth=0.8)
    if max_drop is not None:
        least = 100 * (baseline - max_drop)
        axes.axhline(least, color=DARK, linewidth=0.8, linestyle=":")
        axes.set_title(f"line: unpruned, dotted: {100 * max_drop:g} points below; rings: ratios chosen", fontsize=8)
