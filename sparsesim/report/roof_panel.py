"""One machine's panel of a roofline: its roofs, the points of its layers, and their labels."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sparsesim.report.labels import FreeRoom
from sparsesim.report.layout import FONT_POINTS, fitting, inches, panel_inches
from sparsesim.report.readable import significant
from sparsesim.report.shapes import Shape
from sparsesim.report.style import DARK, GREY, LINES, nth, tidy
from sparsesim.report.ticks import log_ticks, set_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_LABEL_POINTS: Final = 6.0
_LABEL_HEIGHT: Final = 0.085
_PADDING: Final = 0.05
_MARK: Final = 0.05
_NAMED: Final = 3
"""Layers that take longest, which are labelled by name even where the others are numbered."""

_ONE_LABEL_WITHIN: Final = 0.3
_LEADER_FROM: Final = 0.07


@dataclass(frozen=True)
class RoofPanel:
    """The layers of a network on one machine.

    `points` are drawn and have `_intensity` and `_rate` (MACs per byte, MACs per second); `ran` has every format of
    the machine, whose kernels give the roofs. `few` labels all by name.
    """

    points: "pd.DataFrame"
    ran: "pd.DataFrame"
    shapes: dict[str, Shape]
    colours: dict[str, str]
    marks: dict[tuple[str, float], str]
    few: bool

    def fill(self, axes: "Axes") -> None:
        """Draw the panel, in GMAC/s over MACs per byte."""
        roofs = self._roofs()
        bandwidth = float(self.ran["peak_bytes_per_s"].iloc[0])
        peak = max(peak for peak, _ in roofs)
        low = float(self.points["_intensity"].min()) / 2
        high = max(float(self.points["_intensity"].max()), peak / bandwidth) * 4
        bottom, top = float(self.points["_rate"].min()) / 2.5e9, peak * 3 / 1e9
        axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(bottom, top))
        size = panel_inches(axes)
        set_ticks(axes.xaxis, log_ticks(low, high, int(size[0] / 0.4)))
        set_ticks(axes.yaxis, log_ticks(bottom, top, 6))
        room = FreeRoom(*size)
        self._draw_roofs(axes, roofs, bandwidth, room)
        self._draw_points(axes, room)
        machine = str(self.points["machine"].iloc[0])
        axes.set_title(fitting(f"{machine}, {significant(bandwidth / 1e9)} GB/s", size[0]), fontsize=FONT_POINTS, pad=3)
        axes.set_xlabel("useful MACs per DRAM byte", fontsize=FONT_POINTS, labelpad=1)
        axes.set_ylabel("useful GMAC/s", fontsize=FONT_POINTS, labelpad=1)
        tidy(axes, "both")

    def _roofs(self) -> list[tuple[float, str]]:
        """Peak in MACs/s and the kernels that have it; highest first."""
        kernels: dict[float, dict[str, None]] = {}
        named = self.ran["kernel"] if "kernel" in self.ran else [""] * len(self.ran)
        for peak, kernel in zip(self.ran["peak_macs_per_s"], named, strict=True):
            kernels.setdefault(float(peak), {})[str(kernel)] = None
        return [(peak, ", ".join(filter(None, kernels[peak]))) for peak in sorted(kernels, reverse=True)]

    def _draw_roofs(self, axes: "Axes", roofs: list[tuple[float, str]], bandwidth: float, room: FreeRoom) -> None:
        """What each kernel could reach: the bandwidth times the intensity, up to the peak of its multipliers."""
        low, high = axes.get_xlim()
        for number, (peak, _) in enumerate(roofs):
            corners = [low, min(max(peak / bandwidth, low), high), high]
            heights = [min(across * bandwidth, peak) / 1e9 for across in corners]
            axes.plot(corners, heights, nth(LINES, number), color=GREY, linewidth=1.1, zorder=1.5)
            along = np.geomspace(low, high, 120)
            room.take([_place(axes, x, min(x * bandwidth, peak) / 1e9) for x in along], 0.04, 0.02)
        for peak, kernel in roofs:
            words = f"{kernel}: {_rate(peak)}" if kernel else _rate(peak)
            width = inches(words, _LABEL_POINTS) + _PADDING
            whole = _place(axes, high, peak / 1e9)
            anchors = [(whole[0] - 0.03 - width / 2 - back, whole[1]) for back in (0.0, 0.3, 0.6, 0.9)]
            centre = room.place(anchors, width, _LABEL_HEIGHT)
            if centre:
                _write(axes, words, centre, GREY)

    def _draw_points(self, axes: "Axes", room: FreeRoom) -> None:
        ordered = self.points.sort_values("seconds", ascending=False, kind="stable")
        rows = ordered.to_dict("records")
        for row in reversed(rows):
            axes.plot(
                row["_intensity"],
                row["_rate"] / 1e9,
                self.marks[row["pruner"], row["sparsity"]],
                color=self.colours[row["bottleneck"]],
                markersize=3.6,
                markeredgecolor="white",
                markeredgewidth=0.3,
            )
        places = [_place(axes, row["_intensity"], row["_rate"] / 1e9) for row in rows]
        room.take(places, _MARK, _MARK)
        named = list(dict.fromkeys(self.shapes[row["layer"]].number for row in rows))[:_NAMED]
        labelled: list[tuple[int, tuple[float, float]]] = []
        for row, place in zip(rows, places, strict=True):
            shape = self.shapes[row["layer"]]
            if any(
                shape.number == number and math.dist(place, other) < _ONE_LABEL_WITHIN for number, other in labelled
            ):
                continue
            is_first = all(shape.number != number for number, _ in labelled)
            by_name = self.few or (is_first and shape.number in named)
            words = shape.name if by_name else str(shape.number)
            width = inches(words, _LABEL_POINTS) + _PADDING
            centre = room.place([place], width, _LABEL_HEIGHT)
            if centre is None and by_name and not self.few:
                words = str(shape.number)
                centre = room.place([place], inches(words, _LABEL_POINTS) + _PADDING, _LABEL_HEIGHT)
            if centre is not None:
                labelled.append((shape.number, place))
                _write(axes, words, centre, DARK, place)


def _rate(peak: float) -> str:
    return f"{significant(peak / 1e12)} TMAC/s" if peak >= 1e12 else f"{significant(peak / 1e9)} GMAC/s"


def _place(axes: "Axes", across: float, up: float) -> tuple[float, float]:
    """A place on logarithmic axes, in inches from their lower left corner."""
    size = panel_inches(axes)
    shares = (
        math.log(value / low) / math.log(high / low)
        for value, (low, high) in ((across, axes.get_xlim()), (up, axes.get_ylim()))
    )
    x, y = (share * length for share, length in zip(shares, size, strict=True))
    return x, y


def _write(
    axes: "Axes", words: str, centre: tuple[float, float], colour: str, place: tuple[float, float] | None = None
) -> None:
    """A label around its centre, with a thin line to its point if it stands apart from it."""
    width, height = panel_inches(axes)
    at = (centre[0] / width, centre[1] / height)
    axes.text(
        *at,
        words,
        transform=axes.transAxes,
        ha="center",
        va="center_baseline" if place else "center",
        fontsize=_LABEL_POINTS,
        color=colour,
    )
    if place is None:
        return
    reach = inches(words, _LABEL_POINTS) / 2
    # The end of the line: where the box of the label is nearest to the point.
    end = (
        min(max(place[0], centre[0] - reach), centre[0] + reach),
        min(max(place[1], centre[1] - _LABEL_HEIGHT / 2), centre[1] + _LABEL_HEIGHT / 2),
    )
    if math.dist(place, end) > _LEADER_FROM:
        axes.plot(
            [place[0] / width, end[0] / width],
            [place[1] / height, end[1] / height],
            transform=axes.transAxes,
            color=GREY,
            linewidth=0.4,
            zorder=1.8,
        )
