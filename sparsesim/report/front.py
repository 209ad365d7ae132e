"""The front of a search among all of its trials: what can be had for what."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sparsesim.report.style import GREY, SERIES_COLOURS, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class _Scale(NamedTuple):
    """How a figure is shown: its name with a unit, and what it is multiplied by."""

    label: str
    factor: float


_SCALES: Final = {
    "seconds": (_Scale("time [s]", 1), _Scale("time [ms]", 1e3), _Scale("time [µs]", 1e6), _Scale("time [ns]", 1e9)),
    "energy_total_pj": (
        _Scale("energy [J]", 1e-12),
        _Scale("energy [mJ]", 1e-9),
        _Scale("energy [µJ]", 1e-6),
        _Scale("energy [nJ]", 1e-3),
    ),
    "energy_dynamic_pj": (
        _Scale("dynamic energy [J]", 1e-12),
        _Scale("dynamic energy [mJ]", 1e-9),
        _Scale("dynamic energy [µJ]", 1e-6),
        _Scale("dynamic energy [nJ]", 1e-3),
    ),
    "area_mm2": (_Scale("area [mm²]", 1),),
    "accuracy": (_Scale("accuracy, %", 100),),
    "divergence": (_Scale("divergence from the unpruned network [nats]", 1),),
}
"""For every metric its scales, from large units to small ones: the first in which the largest value is at least 1."""

_STATES: Final = {"beaten": (".", GREY, "beaten"), "excluded": ("x", "#bbbbbb", "breaks a constraint")}
_FRONT, _UNIFORM, _HELD_OUT = SERIES_COLOURS[0], SERIES_COLOURS[5], SERIES_COLOURS[4]


def plot_front(trials: "pd.DataFrame", path: Path, objectives: Sequence[str], title: str = "") -> Path:
    """`draw_front`, saved."""
    return save(draw_front(trials, objectives, title), path)


def draw_front(trials: "pd.DataFrame", objectives: Sequence[str], title: str = "") -> "Figure":
    """Every trial of `Explored.trials`, the front and the uniform sparsities; a panel per objective after the first.

    The first of the `objectives` lies across. Where there is only one, the number of the trial does, and a line shows
    the best that was known by then. Accuracies on samples that the search did not see have whiskers of one standard
    error, and stand beside those of the front that the search chose by.
    """
    done = trials[trials["state"] != "refused"]
    pairs = [(objectives[0], other) for other in objectives[1:]] or [("trial", objectives[0])]
    figure, grid = panels(1, len(pairs), 4.8, 3.8, 0.5, 2.0)
    for axes, (across, up) in zip(grid[0], pairs, strict=True):
        scales = {name: _scale(name, done[name]) for name in (across, up)}
        for state, (mark, colour, label) in _STATES.items():
            _marks(axes, done[done["state"] == state], scales, across, up, fmt=mark, color=colour, label=label)
        uniform = done[done["origin"].str.startswith("uniform")]
        _marks(axes, uniform, scales, across, up, fmt="s", color=_UNIFORM, fillstyle="none", label="uniform sparsity")
        front, label = done[done["state"] == "front"].sort_values(across), "front"
        if across == "trial":
            label = "best so far"
            front = _best_so_far(done[done["state"] != "excluded"], up, front)
        style = "o" if len(objectives) > 2 else "o-"
        _marks(axes, front, scales, across, up, fmt=style, color=_FRONT, linewidth=1.2, label=label)
        if "accuracy" in (across, up) and "held_out_accuracy" in front:
            _held_out(axes, front, scales, across, up)
        axes.set_xlabel(scales[across].label)
        axes.set_ylabel(scales[up].label)
        tidy(axes, "both")
    handles: dict[str, Any] = {}
    for axes in grid[0]:
        found, labels = axes.get_legend_handles_labels()
        handles |= dict(zip(labels, found, strict=True))
    figure.legend(handles.values(), handles, loc="center right", frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=10, y=0.97)
    return figure


def _scale(name: str, values: "pd.Series[Any]") -> _Scale:
    if name == "trial":
        return _Scale("trial [number]", 1)
    scales = _SCALES[name]
    return next((scale for scale in scales if scale.factor * values.max() >= 1), scales[-1])


def _marks(
    axes: "Axes", rows: "pd.DataFrame", scales: Mapping[str, _Scale], across: str, up: str, fmt: str, **style: Any
) -> None:
    if len(rows):
        x, y = (rows[name] * scales[name].factor for name in (across, up))
        axes.plot(x, y, fmt, **{"markersize": 5, **style})


def _best_so_far(kept: "pd.DataFrame", name: str, front: "pd.DataFrame") -> "pd.DataFrame":
    """The trials that were better than all before; whether small or large is better, the front tells."""
    lowest = front[name].iloc[0] <= kept[name].min() if len(front) else True
    values = kept[name] if lowest else -kept[name]
    return kept[values < values.cummin().shift(fill_value=float("inf"))]


def _held_out(axes: "Axes", front: "pd.DataFrame", scales: Mapping[str, _Scale], across: str, up: str) -> None:
    shown = front.assign(accuracy=front["held_out_accuracy"])
    error = 100 * front["held_out_standard_error"]
    x, y = (shown[name] * scales[name].factor for name in (across, up))
    up_error, across_error = (error, None) if up == "accuracy" else (None, error)
    axes.errorbar(
        x,
        y,
        yerr=up_error,
        xerr=across_error,
        fmt="D",
        color=_HELD_OUT,
        markersize=4,
        elinewidth=0.6,
        label="front, on samples\nnot searched on",
    )
