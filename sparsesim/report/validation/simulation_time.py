"""How long the simulation itself takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsesim.report.style import GREY, MARKERS, SERIES_COLOURS, nth, panels, save, tidy
from sparsesim.results import geometric_mean

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def plot_simulation_time(table: "pd.DataFrame", path: Path) -> Path:
    """`draw_simulation_time`, saved."""
    return save(draw_simulation_time(table), path)


def draw_simulation_time(table: "pd.DataFrame") -> "Figure":
    """Seconds of simulation against multiplies, with a line of slope one through the R-MAT points."""
    figure, grid = panels(1, 1, 6.0, 4.0, below=0.3)
    axes = grid[0][0]
    for number, (kind, points) in enumerate(table[table["seconds"] > 0].groupby("kind", sort=False)):
        style: dict[str, Any] = {"color": nth(SERIES_COLOURS, number), "linestyle": "none", "markersize": 5}
        shown = f"{kind} matrices"
        axes.plot(points["multiplies"], points["seconds"], marker=nth(MARKERS, number), alpha=0.8, label=shown, **style)
    grown = table[table["kind"] == "R-MAT"]
    rate = geometric_mean((grown["multiplies"] / grown["seconds"]).tolist())
    reach = np.array([grown["multiplies"].min(), grown["multiplies"].max()], float)
    axes.plot(reach, reach / rate, "--", color=GREY, label=f"slope 1: {rate / 1e6:.0f} M multiplies/s")
    axes.set(xscale="log", yscale="log", xlabel="multiplies of A x A", ylabel="simulation [s]")
    axes.legend(fontsize=9, frameon=False)
    tidy(axes)
    return figure
