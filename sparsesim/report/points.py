"""The pictures of a sweep."""

from pathlib import Path
from typing import TYPE_CHECKING

from sparsesim.report.energy import plot_energy
from sparsesim.report.roofline import plot_roofline
from sparsesim.report.speedup import plot_speedup
from sparsesim.report.time_shares import plot_time_shares

if TYPE_CHECKING:
    from sparsesim.results import PointTables


def plot_points(tables: "PointTables", folder: Path, name: str, baseline_in_words: str) -> list[Path]:
    """Draw speedup, energy, shares of time and roofline as `NAME-speedup.png` and so on; the paths of the pictures.

    Where every point was refused, only the first shows anything.
    """
    speedup = plot_speedup(tables.compared, folder / f"{name}-speedup.png", baseline_in_words)
    if not (tables.compared["status"] == "ok").any():
        return [speedup]
    return [
        plot_energy(tables.compared, folder / f"{name}-energy.png"),
        speedup,
        plot_time_shares(tables.layers, folder / f"{name}-time-shares.png"),
        plot_roofline(tables.layers, folder / f"{name}-roofline.png"),
    ]
