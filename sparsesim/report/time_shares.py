"""Where the time goes: the share of each resource in the time of every point."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparsesim.report.layout import PAGE_INCHES
from sparsesim.report.readable import seconds
from sparsesim.report.resources import in_words, resource_styles
from sparsesim.report.stacked import Part, best_or_all, stacked_page
from sparsesim.report.style import PAGE_DPI, in_order, not_refused, save
from sparsesim.results.columns import POINT, Family
from sparsesim.results.grouping import point_numbers, told_apart

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TIME: Final = Family("time_", "_s")
"""Seconds by resource; together they are the column `seconds`."""

_PERCENT: Final = 100.0


def plot_time_shares(table: "pd.DataFrame", path: Path, width: float = PAGE_INCHES) -> Path:
    """`draw_time_shares`, saved."""
    return save(draw_time_shares(table, width), path, PAGE_DPI)


def draw_time_shares(table: "pd.DataFrame", width: float = PAGE_INCHES) -> "Figure":
    """A section per network, a panel per pruner and sparsity, a bar of shares per machine and format, its time beside.

    `table` has one row per layer (`results.result_table`). Where it has columns `time_RESOURCE_s` these are added up;
    where it has none, all time of a layer is that of its bottleneck. Where bars would be many, each machine is shown
    in its fastest format. `width` is that of the page in inches. Raises InputError if every point was refused.
    """
    not_refused(table)
    table = told_apart(table)
    split = bool(TIME.among(table.columns))
    points = _points(table if split else _by_bottleneck(table))
    not_refused(points)
    chosen = best_or_all(points, "seconds")
    columns = {name: column for name, column in TIME.among(points.columns).items() if points[column].any()}
    styles = resource_styles(columns)
    for column in columns.values():
        chosen[column] = (_PERCENT * chosen[column] / chosen["seconds"]).where(chosen["status"] == "ok")
    chosen["words"] = [
        f"{seconds(row['seconds'])} {row['format']}" if row["status"] == "ok" else str(row["refusal"])
        for row in chosen.to_dict("records")
    ]
    parts = [Part(column, in_words(name), *styles[name]) for name, column in columns.items()]
    labels = {str(network): "share of the time [%]" for network in in_order(chosen["network"])}
    caption = [
        "Share of each resource in the time." if split else "Share of the layers that each resource bounds.",
        "Beside each bar: its time, and the " + ("fastest format." if len(chosen) < len(points) else "format."),
    ]
    return stacked_page(chosen, parts, labels, " ".join(caption), width, _PERCENT)


def _by_bottleneck(table: "pd.DataFrame") -> "pd.DataFrame":
    bounds = [name for name in in_order(table["bottleneck"]) if name]
    times = {TIME.column(name): table["seconds"].where(table["bottleneck"] == name, 0.0) for name in bounds}
    return table.assign(**times)


def _points(table: "pd.DataFrame") -> "pd.DataFrame":
    """One row per point with its seconds added up; a point with a refused layer is refused as a whole."""
    figures = ["seconds", *TIME.among(table.columns).values()]
    numbers = point_numbers(table)
    points = table.groupby(numbers)[list(POINT)].first().join(table.groupby(numbers)[figures].sum())
    refused = (table["status"] != "ok").groupby(numbers).any()
    points["status"] = ["refused" if flag else "ok" for flag in refused]
    return points
