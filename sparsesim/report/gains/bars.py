"""Speedups as bars that lie: a group per machine, a bar per format, the value beside it."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sparsesim.report.layout import FONT_POINTS, Section, beside_bar, fitting, inches, is_first_of_line
from sparsesim.report.readable import significant
from sparsesim.report.style import DARK, GREY, SERIES_COLOURS, in_order, nth, pruned, tidy
from sparsesim.report.ticks import log_ticks, set_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NO_VALUE: Final = {"refused": "× refused", "ok": "no baseline"}
"""What stands in place of a speedup that there is not, by status: the baseline may be what was refused."""

_BAR: Final = 0.13
_BETWEEN_GROUPS: Final = 0.09
_TICK_INCHES: Final = 0.34


@dataclass(frozen=True)
class Bars:
    """The points of one network: a panel per pruner and sparsity, all on one scale."""

    points: "pd.DataFrame"
    machines: list[str]
    formats: list[str]
    heading: str

    @property
    def pruners(self) -> list[tuple[str, float]]:
        """What the panels show, in order."""
        return list(dict.fromkeys(zip(self.points["pruner"], self.points["sparsity"], strict=True)))

    @property
    def section(self) -> Section:
        """The room that the panels need."""
        height = len(self.machines) * (len(self.formats) * _BAR + _BETWEEN_GROUPS)
        left = max(inches(machine) for machine in self.machines) + 0.14
        return Section(self.heading, len(self.pruners), (1.75, 3.4), height, left)

    def fill(self, panels: "list[Axes]", width: float) -> None:
        """Draw every panel on a page of this width."""
        section = self.section
        limits = self._limits(section.panel_width(width))
        for number, (axes, (pruner, sparsity)) in enumerate(zip(panels, self.pruners, strict=True)):
            chosen = (self.points["pruner"] == pruner) & (self.points["sparsity"] == sparsity)
            self._panel(axes, self.points[chosen], limits, section.panel_width(width))
            axes.set_title(fitting(pruned(pruner, sparsity), section.panel_width(width)), fontsize=FONT_POINTS, pad=3)
            if not is_first_of_line(section, number, width):
                axes.tick_params(labelleft=False)

    def _panel(self, axes: "Axes", points: "pd.DataFrame", limits: tuple[float, float], width: float) -> None:
        group, thick = len(self.formats) * _BAR + _BETWEEN_GROUPS, 0.85 * _BAR
        for number, format in enumerate(self.formats):
            rows = points[points["format"] == format].drop_duplicates("machine").set_index("machine")
            rows = rows.reindex(self.machines)
            places = np.arange(len(self.machines)) * group + _BETWEEN_GROUPS / 2 + (number + 0.5) * _BAR
            speedup = rows["speedup"].to_numpy(float)
            # Bars start at 1: a slowdown then reaches as far to the left as an equal speedup to the right.
            length = np.nan_to_num(speedup, nan=1.0) - 1
            axes.barh(places, length, thick, left=1.0, color=nth(SERIES_COLOURS, number), label=format)
            for place, value, status in zip(places, speedup, rows["status"], strict=True):
                _value(axes, float(place), float(value), status)
        axes.set(xscale="log", xlim=limits, ylim=(len(self.machines) * group, 0))
        set_ticks(axes.xaxis, log_ticks(*limits, int(width / _TICK_INCHES)), "x", FONT_POINTS)
        axes.set_yticks((np.arange(len(self.machines)) + 0.5) * group, self.machines, fontsize=FONT_POINTS)
        axes.tick_params(axis="y", length=0)
        axes.axvline(1, color=DARK, linewidth=0.8)
        axes.set_xlabel("speedup", fontsize=FONT_POINTS, labelpad=1)
        tidy(axes, "x")

    def _limits(self, width: float) -> tuple[float, float]:
        """Ends of the axis of a panel of this width, such that there is room for the values beside the bars."""
        values = self.points["speedup"].dropna().to_list()
        lowest, highest = min([1.0, *values]), max([1.0, *values])
        if highest < 1.5 * lowest:
            lowest, highest = lowest / 1.2, highest * 1.2
        written = [significant(value) for value in values]
        beside = max([inches(word) for word in written if float(word) < 1], default=0.0) + 0.06
        words = [word for word in written if float(word) >= 1]
        words += [NO_VALUE[status] for status in in_order(self.points.loc[self.points["speedup"].isna(), "status"])]
        beyond = max([inches(word) for word in words], default=0.0) + 0.06
        decades_per_inch = math.log10(highest / lowest) / max(0.3, width - beside - beyond)
        return lowest / 10 ** (beside * decades_per_inch), highest * 10 ** (beyond * decades_per_inch)


def _value(axes: "Axes", place: float, value: float, status: Any) -> None:
    """The number beside the end of a bar, or why there is none."""
    if status not in NO_VALUE:
        return  # a point that the table does not have
    known = not math.isnan(value)
    words = significant(value) if known else NO_VALUE[status]
    faster = not known or float(words) >= 1  # as it reads: 0.9999 is written 1.00
    beside_bar(axes, words, (value if known else 1.0, place), DARK if known else GREY, "right" if faster else "left")
