"""Where the joules go: energy by component, stacked, for each machine and pruner."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sparsesim.report.style import COMPONENT_COLOURS, COMPONENT_NAMES, not_refused, panels, save, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_UNITS: Final = ((1e12, "J"), (1e9, "mJ"), (1e6, "µJ"), (1e3, "nJ"), (1.0, "pJ"))


def plot_energy(total: "pd.DataFrame", path: Path) -> Path:
    """`draw_energy`, saved."""
    return save(draw_energy(total), path)


def draw_energy(total: "pd.DataFrame") -> "Figure":
    """A row of panels per network, a panel per pruner, a bar per machine in the format that needs the least energy.

    `total` is the table of `results.totals`; refused points are left out. Panels of a row share their scale.
    Raises InputError if every point was refused.
    """
    done = not_refused(total)
    best = done.loc[done.groupby(["network", "pruner", "sparsity", "machine"], sort=False)["energy_total_pj"].idxmin()]
    networks, machines = list(dict.fromkeys(best["network"])), list(dict.fromkeys(best["machine"]))
    pruners = list(dict.fromkeys(zip(best["pruner"], best["sparsity"], strict=True)))
    figure, grid = panels(len(networks), len(pruners), max(3.2, 0.75 * len(machines) + 0.5), 2.8, 0.85, share_y="row")
    for row, network in zip(grid, networks, strict=True):
        points = best[best["network"] == network]
        scale, unit = _unit(float(points["energy_total_pj"].max()))
        for axes, (pruner, sparsity) in zip(row, pruners, strict=True):
            chosen = points[(points["pruner"] == pruner) & (points["sparsity"] == sparsity)]
            _bars(axes, chosen, scale)
            axes.set_title(f"{network}\n{pruner}, sparsity {sparsity:.0%}", fontsize=9)
        row[0].set_ylabel(f"dynamic energy per batch [{unit}]")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=5, frameon=False, fontsize=9)
    prices = best["energy_table"].iloc[0]
    figure.supxlabel(f"machine, and below it the format of least energy   (energy table {prices})", fontsize=9)
    return figure


def _bars(axes: "Axes", points: "pd.DataFrame", scale: float) -> None:
    positions, bottom = np.arange(len(points)), np.zeros(len(points))
    for component, colour in COMPONENT_COLOURS.items():
        height = points[f"energy_{component}_pj"].to_numpy(float) / scale
        axes.bar(positions, height, 0.75, bottom=bottom, color=colour, label=COMPONENT_NAMES[component])
        bottom += height
    for position, top in zip(positions, bottom, strict=True):
        axes.annotate(f"{top:.3g}", (float(position), top), ha="center", va="bottom", fontsize=7)
    labels = [f"{row.machine}\n{row.format}" for row in points.itertuples()]
    axes.set_xticks(positions, labels, rotation=40, ha="right", rotation_mode="anchor", fontsize=7.5)
    tidy(axes)


def _unit(energy_pj: float) -> tuple[float, str]:
    """The largest unit in which the number is at least 1."""
    return next(((scale, unit) for scale, unit in _UNITS if energy_pj >= scale), (1.0, "pJ"))
