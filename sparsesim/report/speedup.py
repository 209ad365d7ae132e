"""Speedup of every format on every machine over a baseline."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.patches import Patch

from sparsesim.report.gains.bars import Bars
from sparsesim.report.gains.curves import FEWEST_SPARSITIES, Curves, handles
from sparsesim.report.gains.heat_map import BAR_INCHES, HeatMap, colour_bar, colour_scale
from sparsesim.report.layout import PAGE_INCHES, page
from sparsesim.report.style import MOST_COLOURS, PAGE_DPI, SERIES_COLOURS, in_order, save
from sparsesim.results.grouping import told_apart

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def plot_speedup(compared: "pd.DataFrame", path: Path, baseline: str, width: float = PAGE_INCHES) -> Path:
    """`draw_speedup`, saved."""
    return save(draw_speedup(compared, baseline, width), path, PAGE_DPI)


def draw_speedup(compared: "pd.DataFrame", baseline: str, width: float = PAGE_INCHES) -> "Figure":
    """A section per network: bars per pruner and sparsity, curves where a pruner has three sparsities or more.

    More than six formats or machines are a heat map instead of bars. `compared` is the table of
    `results.compare_to_baseline`; refused points are marked. `baseline` says in words what 1 stands for; `width` is
    that of the page in inches.
    """
    compared = told_apart(compared)
    views = _views(compared, width)
    formats = in_order(compared["format"])
    maps = [view for view in views if isinstance(view, HeatMap)]
    legend: list[Any] = [Patch(color=SERIES_COLOURS[place], label=name) for place, name in enumerate(formats[:6])]
    if any(isinstance(view, Curves) for view in views):
        legend = handles(formats)
    elif maps:
        legend = []
    gaps = set(compared.loc[compared["speedup"].isna(), "status"])
    words = f"1 = {baseline}" + (";   × = refused" if gaps - {"ok"} else "")
    words += ";   – = its baseline was refused" if "ok" in gaps and maps else ""
    sections = [view.section for view in views]
    drawn = page(sections, width, [handle.get_label() for handle in legend], words, BAR_INCHES * bool(maps))
    for view, panels in zip(views, drawn.panels, strict=True):
        view.fill(panels, drawn.figure.get_figwidth())
    if legend:
        drawn.legend(legend)
    if maps:
        colour_bar(drawn, maps[0].scale)
    return drawn.figure


def _views(compared: "pd.DataFrame", width: float) -> list[Bars | HeatMap | Curves]:
    machines, formats = in_order(compared["machine"]), in_order(compared["format"])
    many = max(len(machines), len(formats)) > MOST_COLOURS
    sparsities = compared.groupby("pruner")["sparsity"].nunique()
    curved = {pruner for pruner, count in sparsities.items() if count >= FEWEST_SPARSITIES}
    scale = colour_scale(compared["speedup"])
    views: list[Bars | HeatMap | Curves] = []
    for network in in_order(compared["network"]):
        own = compared[compared["network"] == network]
        single = own[~own["pruner"].isin(curved)]
        if len(single) and many:
            views.append(HeatMap(single, machines, formats, network, scale, width))
        elif len(single):
            views.append(Bars(single, machines, formats, network))
        for pruner in in_order(own["pruner"]):
            if pruner in curved:
                points = own[own["pruner"] == pruner]
                views.append(Curves(points, machines, formats, f"{network}: {pruner}"))
    return views
