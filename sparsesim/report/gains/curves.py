"""Speedups over sparsity: a panel per machine, a curve per format."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from sparsesim.report.layout import FONT_POINTS, Section, fitting, inches, is_first_of_line
from sparsesim.report.style import DARK, LINES, MARKERS, MOST_COLOURS, SERIES_COLOURS, nth, tidy
from sparsesim.report.ticks import log_ticks, plain, set_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FEWEST_SPARSITIES: Final = 3
"""A pruner with fewer is shown as bars."""

_HEIGHT: Final = 1.35
_LANE: Final = 0.09
_LABEL_INCHES: Final = 0.3


@dataclass(frozen=True)
class Curves:
    """The points of one network and pruner: a panel per machine, all on one scale."""

    points: "pd.DataFrame"
    machines: list[str]
    formats: list[str]
    heading: str

    @property
    def section(self) -> Section:
        """The room that the panels need."""
        left = max(inches(f"{plain(tick)}x") for tick in self._ticks) + 0.28
        return Section(self.heading, len(self.machines), (1.45, 3.0), _HEIGHT, left)

    def fill(self, panels: "list[Axes]", width: float) -> None:
        """Draw every panel on a page of this width."""
        section = self.section
        lanes = self._lanes()
        lowest, highest = self._limits()
        for number, (axes, machine) in enumerate(zip(panels, self.machines, strict=True)):
            self._panel(axes, machine, lanes, lowest)
            axes.set(xscale="log", yscale="log", ylim=(lowest, highest))
            self._sparsities(axes, section.panel_width(width))
            set_ticks(axes.yaxis, self._ticks, "x", FONT_POINTS)
            axes.axhline(1, color=DARK, linewidth=0.8)
            axes.set_title(fitting(machine, section.panel_width(width)), fontsize=FONT_POINTS, pad=3)
            axes.set_xlabel("sparsity", fontsize=FONT_POINTS, labelpad=1)
            if is_first_of_line(section, number, width):
                axes.set_ylabel("speedup", fontsize=FONT_POINTS, labelpad=1)
            else:
                axes.tick_params(labelleft=False)
            tidy(axes)

    def _panel(self, axes: "Axes", machine: str, lanes: dict[str, int], lowest: float) -> None:
        own = self.points[self.points["machine"] == machine]
        for number, format in enumerate(self.formats):
            rows = own[own["format"] == format].sort_values("sparsity")
            axes.plot(1 - rows["sparsity"], rows["speedup"], label=format, **style(number, len(self.formats)))
            refused = rows[rows["status"] != "ok"]
            if len(refused):
                # A lane for each format, below all values, in which crosses lie beside each other.
                height = lowest * self._range() ** (_LANE * (0.6 + lanes[format]))
                crosses: dict[str, Any] = {"marker": "x", "linestyle": "none", "markersize": 3.5}
                axes.plot(1 - refused["sparsity"], [height] * len(refused), color=style(number, 1)["color"], **crosses)

    def _sparsities(self, axes: "Axes", width: float) -> None:
        """A logarithmic axis of what is kept, labelled with the sparsity: twice as sparse is as far everywhere."""
        values = sorted(set(self.points["sparsity"]))
        most, least = 1 - values[0], 1 - values[-1]
        beside = (most / least) ** 0.06
        axes.set_xlim(most * beside, least / beside)
        inches_per_log = width / math.log(most * beside**2 / least)
        shown: list[float] = []
        for value in reversed(values):  # from the right, where labels would lie closest
            if not shown or math.log((1 - value) / (1 - shown[-1])) * inches_per_log >= _LABEL_INCHES:
                shown.append(value)
        axes.set_xticks([1 - value for value in shown], [f"{100 * value:.4g}%" for value in shown])
        axes.xaxis.set_minor_locator(NullLocator())

    def _lanes(self) -> dict[str, int]:
        """The lane of each format that is refused somewhere."""
        refused = set(self.points.loc[self.points["status"] != "ok", "format"])
        return {format: lane for lane, format in enumerate(reversed([f for f in self.formats if f in refused]))}

    def _range(self) -> float:
        values = [1.0, *self.points["speedup"].dropna()]
        return max(2.0, float(max(values) / min(values)))

    def _limits(self) -> tuple[float, float]:
        values = [1.0, *self.points["speedup"].dropna()]
        below = 0.08 + _LANE * len(self._lanes())
        return float(min(values)) / self._range() ** below, float(min(values)) * self._range() ** 1.08

    @property
    def _ticks(self) -> list[float]:
        return log_ticks(*self._limits(), 6)


def style(number: int, count: int) -> dict[str, Any]:
    """Colour, mark and line of a format out of `count`; after six colours they start again with other lines.

    The first are the thickest, so that those which lie below others can be seen.
    """
    over = min(6, count - 1 - number)
    return {
        "color": nth(SERIES_COLOURS[:MOST_COLOURS], number),
        "marker": nth(MARKERS, number),
        "linestyle": nth(LINES, number // MOST_COLOURS),
        "linewidth": 1.1 + 0.8 * over,
        "markersize": 2.6 + 1.0 * over,
    }


def handles(formats: list[str]) -> list[Line2D]:
    """What the legend shows."""
    return [Line2D([], [], label=format, **style(number, len(formats))) for number, format in enumerate(formats)]
