"""A figure of merit over one numeric axis of a sweep: a line per series, a panel per value of another column."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from matplotlib.lines import Line2D

from sparsesim.errors import InputError
from sparsesim.report.axis_scale import across, upward
from sparsesim.report.curve_panel import fill, tick_labels
from sparsesim.report.layout import FONT_POINTS, PAGE_INCHES, Section, fitting, inches, is_first_of_line, page
from sparsesim.report.quantity import RATIOS
from sparsesim.report.style import (
    LINES,
    MARKERS,
    MOST_COLOURS,
    PAGE_DPI,
    SERIES_COLOURS,
    in_order,
    not_refused,
    nth,
    save,
)
from sparsesim.report.swept import axis_column, numbers, telling, without_axes, words_for
from sparsesim.results.grouping import told_apart
from sparsesim.several import several

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MOST_SERIES: Final = 12
"""Curves that can be told apart; of more the first are drawn."""

_HEIGHT: Final = 1.7


def plot_curves(
    table: "pd.DataFrame",
    path: Path,
    over: str,
    of: str = "speedup",
    series: str | Sequence[str] = (),
    panels: str | Sequence[str] = (),
    baseline: str = "",
    width: float = PAGE_INCHES,
) -> Path:
    """`draw_curves`, saved."""
    return save(draw_curves(table, over, of, series, panels, baseline, width), path, PAGE_DPI)


def draw_curves(
    table: "pd.DataFrame",
    over: str,
    of: str = "speedup",
    series: str | Sequence[str] = (),
    panels: str | Sequence[str] = (),
    baseline: str = "",
    width: float = PAGE_INCHES,
) -> "Figure":
    """`of` over the column `over` of a table of points, with a ring where a ratio goes through 1.

    Columns are named as in the table or, where they are axes, as in the sweep: "batch" for "axis_batch". Series are
    told apart by the columns `series` and panels by `panels`; what else differs tells series apart as well. Rows
    without a value on the axis are levels: a machine that lacks the field that is swept. Axes are logarithmic where
    values are spaced so, ratios always. Refused points are gaps. `baseline` says in words what 1 stands for; `width`
    is that of the page in inches.

    Raises UnknownNameError for a column that is not there, InputError for one without numbers, and where no point has
    both.
    """
    points = without_axes(told_apart(table))
    over_column, of_column = axis_column(points, over), axis_column(points, of)
    in_panels = [axis_column(points, name) for name in several(panels)]
    points = points.assign(x=numbers(points, over), y=numbers(points, of))
    asked = [axis_column(points, name) for name in several(series)]
    told = [*asked, *telling(points, over_column, [*in_panels, *asked])]
    points = points.assign(
        series=words_for(points, [column for column in told if column != over_column]),
        panel=words_for(points, in_panels),
    )
    done = not_refused(points).dropna(subset=["y"])
    drawable = done["x"].notna()
    if not drawable.any():
        raise InputError(f"nothing to draw: no point has both {over} and {of}")
    names = [name for name in in_order(points["series"]) if name in set(done["series"])]
    drawn = done[done["series"].isin(names[:MOST_SERIES])]
    x = across(over_column, drawn["x"].dropna().tolist() or done["x"].dropna().tolist())
    y = upward(of_column, drawn["y"].tolist())
    looks = _looks(drawn, names[:MOST_SERIES], told)
    titles = in_order(drawn["panel"])
    handles = [Line2D([], [], **look) for look in looks.values()]
    left = max(inches(word) for word in tick_labels(y, _HEIGHT)) + 0.28
    section = Section(
        "", len(titles), (1.9 if len(titles) > 1 else 2.2, 4.6), _HEIGHT, left, 0.25, 0.2, 0.2 if any(titles) else 0.08
    )
    words = _caption(points, of_column, names, baseline)
    whole = page([section], width, [str(handle.get_label()) for handle in handles] if len(names) > 1 else [], words)
    for number, (axes, title) in enumerate(zip(whole.panels[0], titles, strict=True)):
        own = drawn[drawn["panel"] == title]
        fill(axes, [(own[own["series"] == name], look) for name, look in looks.items()], x, y)
        across_inches = section.panel_width(whole.figure.get_figwidth())
        axes.set_title(fitting(title, across_inches), fontsize=FONT_POINTS, pad=3)
        axes.set_xlabel(fitting(x.quantity.label, across_inches), fontsize=FONT_POINTS, labelpad=1)
        if is_first_of_line(section, number, whole.figure.get_figwidth()):
            axes.set_ylabel(fitting(y.quantity.label, _HEIGHT), fontsize=FONT_POINTS, labelpad=1)
        else:
            axes.tick_params(labelleft=False)
    if len(names) > 1:
        whole.legend(handles)
    return whole.figure


def _looks(points: "pd.DataFrame", names: Sequence[str], told: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour, mark and line of every series; of two columns the first decides the colour and the second the line."""
    first = points.drop_duplicates("series").set_index("series")
    columns = [words_for(first, [column]) for column in told] if len(told) == 2 else []
    kinds = [in_order(column) for column in columns]
    crossed = bool(kinds) and 1 < len(kinds[0]) <= MOST_COLOURS and 1 < len(kinds[1]) <= len(LINES)
    found = {}
    for number, name in enumerate(names):
        colour, line = (
            (kinds[0].index(columns[0][name]), kinds[1].index(columns[1][name]))
            if crossed
            else (number, number // MOST_COLOURS)
        )
        over = min(3, len(names) - 1 - number)
        found[name] = {
            "color": nth(SERIES_COLOURS[:MOST_COLOURS], colour),
            "marker": nth(MARKERS, colour),
            "linestyle": nth(LINES, line),
            # The first are the thickest, so that those which lie below others can be seen.
            "linewidth": 1.1 + 0.4 * over,
            "markersize": 2.8 + 0.6 * over,
            "label": name or "_",  # a line on its own is told by the axes
        }
    return found


def _caption(points: "pd.DataFrame", of: str, names: Sequence[str], baseline: str) -> str:
    words = []
    if of in RATIOS:
        words.append(f"1 = {baseline or 'the baseline'}; rings: where a line goes through 1, read between two points.")
    refused = int((points["status"] != "ok").sum())
    if refused:
        words.append(f"{refused} refused points are left out.")
    if len(names) > MOST_SERIES:
        words.append(f"The first {MOST_SERIES} of {len(names)} series are drawn; name columns as panels to see all.")
    return " ".join(words)
