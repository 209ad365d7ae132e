"""Speedups as a heat map: a row per machine, a column per format, the value in each cell."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm

from sparsesim.report.layout import FONT_POINTS, Page, Section, inches, is_first_of_line
from sparsesim.report.readable import significant
from sparsesim.report.style import DARK, GREY, SERIES_COLOURS, pruned
from sparsesim.report.ticks import log_ticks, set_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLOURS: Final = LinearSegmentedColormap.from_list("slower-faster", [SERIES_COLOURS[5], "#ffffff", SERIES_COLOURS[0]])
"""From slower to faster; orange and blue differ for every kind of colour blindness."""

BAR_INCHES: Final = 0.42
"""The room that the scale of colours needs above the panels."""

_CELL: Final = (0.38, 0.6)
_CELL_HEIGHT: Final = 0.17


@dataclass(frozen=True)
class HeatMap:
    """The points of one network: a panel per pruner and sparsity, in two or more parts where formats are many."""

    points: "pd.DataFrame"
    machines: list[str]
    formats: list[str]
    heading: str
    scale: LogNorm
    width: float

    @property
    def parts(self) -> list[list[str]]:
        """The formats, in as many parts of equal length as a page of this width needs."""
        most = max(1, int(self._room / self._cell_width))
        count = -(-len(self.formats) // most)
        size = -(-len(self.formats) // count)
        return [self.formats[first : first + size] for first in range(0, len(self.formats), size)]

    @property
    def panels(self) -> list[tuple[tuple[str, float], list[str]]]:
        """What each panel shows: a pruner with its sparsity, and formats."""
        pruners = dict.fromkeys(zip(self.points["pruner"], self.points["sparsity"], strict=True))
        return [(pruner, part) for pruner in pruners for part in self.parts]

    @property
    def section(self) -> Section:
        """The room that the panels need."""
        columns, height = len(self.parts[0]), len(self.machines) * _CELL_HEIGHT
        widths = columns * self._cell_width, columns * max(self._cell_width, _CELL[1])
        return Section(
            self.heading,
            len(self.panels),
            widths,
            height,
            self._left,
            below=0.34 if any("\n" in name for name in self._names) else 0.22,
        )

    @property
    def _left(self) -> float:
        return max(inches(machine) for machine in self.machines) + 0.14

    @property
    def _room(self) -> float:
        return self.width - self._left - 0.2

    @property
    def _names(self) -> list[str]:
        """The formats as they are written: in two lines where a panel would not fit the page otherwise."""
        fits = max(inches(format) + 0.08 for format in self.formats) * len(self.formats) <= self._room
        return self.formats if fits else [_two_lines(format) for format in self.formats]

    @property
    def _cell_width(self) -> float:
        return max(_CELL[0], *(inches(name) + 0.08 for name in self._names))

    def fill(self, panels: "list[Axes]", width: float) -> None:
        """Draw every panel on a page of this width."""
        for number, (axes, ((pruner, sparsity), formats)) in enumerate(zip(panels, self.panels, strict=True)):
            chosen = (self.points["pruner"] == pruner) & (self.points["sparsity"] == sparsity)
            self._panel(axes, self.points[chosen], formats)
            axes.set_title(pruned(pruner, sparsity), fontsize=FONT_POINTS, pad=3)
            if not is_first_of_line(self.section, number, width):
                axes.tick_params(labelleft=False)

    def _panel(self, axes: "Axes", points: "pd.DataFrame", formats: list[str]) -> None:
        by_place = points.drop_duplicates(["machine", "format"]).set_index(["machine", "format"])
        every = [(machine, format) for machine in self.machines for format in formats]
        rows = by_place.reindex(every)
        speedup = rows["speedup"].to_numpy(float).reshape(len(self.machines), len(formats))
        axes.imshow(np.ma.masked_invalid(speedup), COLOURS, self.scale, aspect="auto", interpolation="none")
        axes.set_facecolor("#e8e8e8")
        statuses = rows["status"].to_numpy(object).reshape(speedup.shape)
        for (row, column), value in np.ndenumerate(speedup):
            words, colour = self._cell(float(value), statuses[row, column])
            axes.text(column, row, words, ha="center", va="center_baseline", fontsize=FONT_POINTS - 0.5, color=colour)
        axes.set_xticks(
            range(len(formats)), [self._names[self.formats.index(name)] for name in formats], fontsize=FONT_POINTS
        )
        axes.set_yticks(range(len(self.machines)), self.machines, fontsize=FONT_POINTS)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    def _cell(self, value: float, status: Any) -> tuple[str, str]:
        """What a cell says, and in which colour it can be read."""
        if math.isnan(value):
            return {"refused": "×", "ok": "–"}.get(status, ""), GREY
        red, green, blue, _ = COLOURS(self.scale(value))
        is_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        return significant(value, 3 if value >= 0.1 else 2), "#ffffff" if is_dark else DARK


def colour_scale(speedups: "pd.Series[float]") -> LogNorm:
    """The same distance up and down from 1: as far as the values go, from 2x to 10x."""
    values = speedups.dropna()
    farthest = max([2.0, *values, *(1 / values)])
    return LogNorm(1 / min(10.0, farthest), min(10.0, farthest), clip=True)


def colour_bar(page: Page, scale: LogNorm) -> None:
    """The scale of colours above all panels."""
    width, height = page.figure.get_size_inches()
    across = min(2.4, width - 0.6)
    place = ((width - across) / 2 / width, (height - 0.13) / height, across / width, 0.09 / height)
    axes = page.figure.add_axes(place)
    bar = page.figure.colorbar(ScalarMappable(scale, COLOURS), cax=axes, orientation="horizontal")
    lowest, highest = float(scale.vmin or 0.1), float(scale.vmax or 10.0)
    set_ticks(bar.ax.xaxis, log_ticks(lowest * 0.999, highest * 1.001, 7), "x", FONT_POINTS)
    bar.outline.set_linewidth(0.4)
    axes.tick_params(length=2, pad=1)
    axes.set_xlabel("speedup (blue: faster)", fontsize=FONT_POINTS, labelpad=1)


def _two_lines(format: str) -> str:
    """A name of two words below each other, so that columns may be narrow."""
    return "-\n".join(format.split("-", 1)) if len(format) > 6 else format
