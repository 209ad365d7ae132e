"""Bars that lie and are made of parts: a panel per pruner and sparsity, a group per machine, a total beside each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sparsesim.report.layout import FONT_POINTS, Section, beside_bar, fitting, inches, is_first_of_line, page
from sparsesim.report.style import DARK, GREY, in_order, pruned, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BARS: Final = 12
"""More bars than these in a panel, and each machine is shown in its best format only."""

_BAR: Final = 0.14
_BETWEEN_GROUPS: Final = 0.1


@dataclass(frozen=True)
class Part:
    """One part of every bar: the column that holds it, how it is called, and what it looks like."""

    column: str
    name: str
    colour: str
    hatch: str = ""

    @property
    def look(self) -> dict[str, Any]:
        """Colours for bars and for the legend; hatches are white, so that they never look like another colour."""
        return {"facecolor": self.colour, "hatch": self.hatch, "edgecolor": "white", "linewidth": 0.0}


def best_or_all(points: "pd.DataFrame", figure: str) -> "pd.DataFrame":
    """Every point, or if they are many those on each machine in the format with the least `figure`.

    A machine that refused every format keeps one refused point. The column `refusal` says what was refused.
    """
    if points["machine"].nunique() * points["format"].nunique() <= MOST_BARS:
        return points.assign(refusal="× refused: " + points["format"])
    points = points.assign(refusal="× all formats refused")
    keys = ["network", "pruner", "sparsity", "machine"]
    ordered = points.assign(_refused=points["status"] != "ok").sort_values(["_refused", figure], kind="stable")
    return points.loc[ordered.drop_duplicates(keys).index].sort_index()


@dataclass(frozen=True)
class Stacks:
    """The points of one network, all on one scale.

    `points` has the columns of the parts, `words` beside each bar, and `status`; `longest` is the end of the scale,
    None for that of the longest bar.
    """

    points: "pd.DataFrame"
    machines: list[str]
    parts: Sequence[Part]
    label: str
    longest: float | None = None

    @property
    def pruners(self) -> list[tuple[str, float]]:
        """What the panels show, in order."""
        return list(dict.fromkeys(zip(self.points["pruner"], self.points["sparsity"], strict=True)))

    @property
    def _places(self) -> dict[tuple[str, int], float]:
        """Inches from the top, by machine and the number of the bar in its group."""
        places, top = {}, 0.0
        for machine in self.machines:
            top += _BETWEEN_GROUPS / 2
            for number in range(self._bars(machine)):
                places[machine, number] = top + (number + 0.5) * _BAR
            top += self._bars(machine) * _BAR + _BETWEEN_GROUPS / 2
        return places

    def _bars(self, machine: str) -> int:
        own = self.points[self.points["machine"] == machine]
        return max(1, int(own.groupby(["pruner", "sparsity"]).size().max())) if len(own) else 1

    @property
    def section(self) -> Section:
        """The room that the panels need."""
        height = sum(self._bars(machine) * _BAR + _BETWEEN_GROUPS for machine in self.machines)
        left = max(inches(machine) for machine in self.machines) + 0.14
        network = str(self.points["network"].iloc[0])
        least = max(1.75, 1.8 * self._beside, *(inches(word) + 0.06 for word in self.points["words"]))
        return Section(network, len(self.pruners), (least, 4.0), height, left)

    @property
    def _beside(self) -> float:
        """Room for the words beside the longest bar; those of refused points have all the panel."""
        written = self.points.loc[self.points["status"] == "ok", "words"]
        return max((inches(words) for words in written), default=0.0) + 0.06

    def _reach(self, across: float) -> tuple[float, float]:
        """The longest bar, and the end of an axis of so many inches on which the words beside every bar have room."""
        totals = self.points[[part.column for part in self.parts]].sum(axis=1).to_numpy(float)
        longest = self.longest or float(totals.max()) or 1.0
        shares = [max(0.3, across - inches(words) - 0.06) / across for words in self.points["words"]]
        return longest, max(longest, *(total / share for total, share in zip(totals, shares, strict=True)))

    def fill(self, panels: "list[Axes]", width: float) -> None:
        """Draw every panel on a page of this width."""
        section = self.section
        across = section.panel_width(width)
        longest, limit = self._reach(across)
        for number, (axes, (pruner, sparsity)) in enumerate(zip(panels, self.pruners, strict=True)):
            chosen = (self.points["pruner"] == pruner) & (self.points["sparsity"] == sparsity)
            self._panel(axes, self.points[chosen], section.height)
            axes.set_xlim(0, limit)
            ticks = MaxNLocator(max(2, int(across * longest / limit / 0.36)), steps=[1, 2, 2.5, 5, 10])
            axes.set_xticks([tick for tick in ticks.tick_values(0, longest) if tick <= 1.001 * longest])
            axes.tick_params(axis="x", labelsize=FONT_POINTS)
            axes.set_title(fitting(pruned(pruner, sparsity), across), fontsize=FONT_POINTS, pad=3)
            axes.set_xlabel(self.label, fontsize=FONT_POINTS, labelpad=1)
            if not is_first_of_line(section, number, width):
                axes.tick_params(labelleft=False)

    def _panel(self, axes: "Axes", points: "pd.DataFrame", height: float) -> None:
        rank = points.groupby("machine", sort=False).cumcount()
        places = [self._places[key] for key in zip(points["machine"], rank, strict=True)]
        left = np.zeros(len(points))
        for part in self.parts:
            lengths = points[part.column].fillna(0).to_numpy(float)
            axes.barh(places, lengths, 0.82 * _BAR, left=left, label=part.name, **part.look)
            left += lengths
        for place, end, row in zip(places, left, points.itertuples(), strict=True):
            beside_bar(axes, str(row.words), (float(end), place), DARK if row.status == "ok" else GREY)
        middles = [
            np.mean([place for (name, _), place in self._places.items() if name == machine])
            for machine in self.machines
        ]
        axes.set_yticks(middles, self.machines, fontsize=FONT_POINTS)
        axes.set_ylim(height, 0)
        axes.tick_params(axis="y", length=0)
        tidy(axes, "x")


def stacked_page(
    points: "pd.DataFrame",
    parts: Sequence[Part],
    labels: Mapping[str, str],
    caption: str,
    width: float,
    longest: float | None = None,
) -> "Figure":
    """A page with a section per network; `labels` are those of the axis, by network."""
    machines = in_order(points["machine"])
    views = [
        Stacks(points[points["network"] == network], machines, parts, labels[network], longest)
        for network in in_order(points["network"])
    ]
    drawn = page([view.section for view in views], width, [part.name for part in parts], caption)
    for view, panels in zip(views, drawn.panels, strict=True):
        view.fill(panels, drawn.figure.get_figwidth())
    drawn.legend([Patch(label=part.name, **part.look) for part in parts])
    return drawn.figure
