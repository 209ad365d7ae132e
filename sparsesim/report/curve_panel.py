"""One panel of curves: lines over a numeric axis, and rings where they cross 1."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator

from sparsesim.report.axis_scale import Scale
from sparsesim.report.labels import FreeRoom
from sparsesim.report.layout import FONT_POINTS, inches, panel_inches
from sparsesim.report.style import DARK, tidy
from sparsesim.report.ticks import log_ticks, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_LINE: Final = 0.12
_MARK: Final = 0.07


def fill(axes: "Axes", curves: Sequence[tuple["pd.DataFrame", dict[str, Any]]], x: Scale, y: Scale) -> None:
    """Draw curves, each a table with `x` and `y` and its look; a row without `x` is a level that holds everywhere."""
    places, marks = list[tuple[float, float]](), list[tuple[tuple[float, float], str]]()
    for rows, look in curves:
        line = rows.dropna(subset=["x"]).sort_values("x")
        points = [(x.drawn(left), up / y.quantity.scale) for left, up in zip(line["x"], line["y"], strict=True)]
        if points:
            axes.plot([point[0] for point in points], [point[1] for point in points], **look)
        for level in rows.loc[rows["x"].isna(), "y"].dropna() / y.quantity.scale:
            axes.plot(
                x.limits,
                [level, level],
                **look | {"marker": "", "linewidth": 1.0, "label": look["label"] if not points else "_"},
            )
        places += [point for point in points if not math.isnan(point[1])]
        marks += [(place, look["color"]) for place in crossings(points, x)] if _is_ratio(y) else []
    axes.set(xlim=x.limits, ylim=y.limits)
    axes.set_xscale("linear" if x.kind == "linear" else "log")
    axes.set_yscale(y.kind)
    _ticks(axes, x, y)
    if _is_ratio(y):
        axes.axhline(1, color=DARK, linewidth=0.8, zorder=0)
    _ring(axes, marks, places, x, y)
    tidy(axes)


def crossings(points: Sequence[tuple[float, float]], x: Scale) -> list[tuple[float, float]]:
    """Where a line through these points, straight on paper, goes through 1 from one side to the other."""
    found, side, touched = list[tuple[float, float]](), None, None
    for place, height in ((x.linear(across), math.log(up)) for across, up in points if up > 0):
        if height == 0:  # it touches 1; whether it goes through is known at the next point
            touched = place if touched is None else touched
            continue
        if side and (side[1] < 0) != (height < 0):
            between = side[0] - side[1] * (place - side[0]) / (height - side[1])
            found.append((x.place(between if touched is None else touched), 1.0))
        side, touched = (place, height), None
    return found


def _is_ratio(y: Scale) -> bool:
    return y.quantity.unit == "x"


def _ticks(axes: "Axes", x: Scale, y: Scale) -> None:
    width, height = panel_inches(axes)
    shown = list[float]()
    ends = list[float]()
    for value in reversed(x.values):  # from the right, where labels lie closest
        half = inches(x.words(value)) / 2
        place = x.share(value) * width
        if not ends or place + half + 0.07 <= ends[-1]:
            shown.append(value)
            ends.append(place - half)
    axes.set_xticks(shown, [x.words(value) for value in shown])
    axes.xaxis.set_minor_locator(NullLocator())
    ticks = _upward_ticks(y, height)
    axes.set_yticks(ticks, tick_labels(y, height), fontsize=FONT_POINTS)
    axes.yaxis.set_minor_locator(NullLocator())


def tick_labels(y: Scale, height: float) -> list[str]:
    """The numbers along the upward axis of a panel of so many inches."""
    return [f"{plain(tick)}{y.quantity.unit}" for tick in _upward_ticks(y, height)]


def _upward_ticks(y: Scale, height: float) -> list[float]:
    most = max(2, int(height / 0.22))
    if y.kind == "log":
        return log_ticks(*y.limits, most)
    found = MaxNLocator(most).tick_values(*y.limits)
    return [float(tick) for tick in found if y.limits[0] <= tick <= y.limits[1]]


def _ring(
    axes: "Axes",
    marks: Sequence[tuple[tuple[float, float], str]],
    points: Sequence[tuple[float, float]],
    x: Scale,
    y: Scale,
) -> None:
    """A ring at every crossing, with the value of the axis beside it where there is room."""
    width, height = panel_inches(axes)

    def on_paper(place: tuple[float, float]) -> tuple[float, float]:
        return x.share(place[0]) * width, y.share(place[1]) * height

    room = FreeRoom(width, height)
    room.take([on_paper(place) for place in points], _MARK, _MARK)
    room.take([on_paper(place) for place, _ in marks], 1.8 * _MARK, 1.8 * _MARK)
    for line in axes.lines:
        ends = [(float(left), float(up)) for left, up in np.asarray(line.get_xydata())]
        if len(ends) > 1 and line.get_zorder() > 0:
            room.take(_along([on_paper(end) for end in ends]), 0.03, 0.03)
    # From the right, because a label stands to the right of its ring where it can.
    for place, colour in sorted(marks, key=lambda mark: -x.share(mark[0][0])):
        axes.plot(*place, "o", color=colour, markersize=7, fillstyle="none", markeredgewidth=0.9)
        words = x.words(place[0], 2 if x.quantity.unit != "%" else 3)
        centre = room.place([on_paper(place)], inches(words, 6.5) + 0.03, _LINE)
        if centre:
            axes.text(
                centre[0] / width, centre[1] / height, words, transform=axes.transAxes, ha="center",
                va="center_baseline", fontsize=6.5, color=colour,
            )  # fmt: skip


def _along(line: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places every few hundredths of an inch along a line on paper."""
    found = list[tuple[float, float]]()
    for (left, low), (right, high) in pairwise(line):
        if not all(map(math.isfinite, (left, low, right, high))):
            continue
        steps = max(1, int(math.hypot(right - left, high - low) / 0.03))
        found += [(left + (right - left) * n / steps, low + (high - low) * n / steps) for n in range(steps + 1)]
    return found
