"""The pictures of a sweep: those that it asks for, or else what suits its axes and the number of its points."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sparsesim.report.curves import MOST_SERIES, plot_curves
from sparsesim.report.energy import plot_energy
from sparsesim.report.roofline import plot_roofline
from sparsesim.report.speedup import plot_speedup
from sparsesim.report.swept import numeric_axes, panels_for, without_axes
from sparsesim.report.time_shares import plot_time_shares

if TYPE_CHECKING:
    import pandas as pd

    from sparsesim.results import PointTables

MOST_BARS: Final = 64
"""Points of a sweep over numbers up to which pictures with a bar or mark for each are drawn beside curves."""

_OF_LAYERS: Final[dict[str, Callable[["pd.DataFrame", Path], Path]]] = {
    "time-shares": plot_time_shares,
    "roofline": plot_roofline,
}


def plot_points(
    tables: "PointTables",
    folder: Path,
    name: str,
    baseline_in_words: str,
    pictures: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> list[Path]:
    """Draw `NAME-energy.png` and so on, and return the paths.

    `pictures` are names of those to draw ("energy", "speedup", "time-shares", "roofline", "curves") with the options of
    `plot_curves`. By default a sweep has all but curves. Over numeric axes it has curves of the speedup over each, and
    the others up to `MOST_BARS` points only. Where every point was refused, only the speedup shows anything.
    """
    compared = tables.compared
    if not (compared["status"] == "ok").any():
        return [plot_speedup(compared, folder / f"{name}-speedup.png", baseline_in_words)]
    written = list[Path]()
    for kind, options in pictures or _defaults(compared):
        path = _free(folder / f"{name}-{_file_name(kind, options)}.png", written)
        if kind == "curves":
            plot_curves(compared, path, **options, baseline=baseline_in_words)
        elif kind == "speedup":
            plot_speedup(compared, path, baseline_in_words)
        elif kind == "energy":
            plot_energy(compared, path)
        else:
            _OF_LAYERS[kind](tables.layers, path)
        written.append(path)
    return written


def draws_layers(compared: "pd.DataFrame", pictures: Sequence[tuple[str, Mapping[str, Any]]] = ()) -> bool:
    """Whether `plot_points` draws anything of single layers; if not, their table may be empty."""
    return any(kind in _OF_LAYERS for kind, _ in pictures or _defaults(compared))


def _defaults(compared: "pd.DataFrame") -> list[tuple[str, dict[str, Any]]]:
    """Energy, speedup, shares of time and roofline; or curves, beside these where points are few."""
    bars: list[tuple[str, dict[str, Any]]] = [(kind, {}) for kind in ("energy", "speedup", "time-shares", "roofline")]
    axes = numeric_axes(compared[compared["status"] == "ok"])
    if not axes:
        return bars
    points, of = without_axes(compared), "speedup" if compared["speedup"].notna().any() else "seconds"
    curves = [
        ("curves", {"over": axis, "of": of, "panels": panels_for(points, axis, MOST_SERIES // 2)}) for axis in axes
    ]
    return [*curves, *(bars if len(compared) <= MOST_BARS else [])]


def _file_name(kind: str, options: Mapping[str, Any]) -> str:
    if kind != "curves":
        return kind
    return f"{options.get('of', 'speedup')}-over-{str(options['over']).removeprefix('axis_')}"


def _free(path: Path, taken: Sequence[Path]) -> Path:
    """The path, numbered where another picture has it."""
    number, free = 1, path
    while free in taken:
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
