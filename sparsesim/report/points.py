"""The pictures of a sweep."""

from pathlib import Path
from typing import TYPE_CHECKING

from sparsesim.report.energy import plot_energy
from sparsesim.report.roofline import plot_roofline
from sparsesim.report.speedup import plot_speedup

if TYPE_CHECKING:
    from sparsesim.results import PointTables


def plot_points(tables: "PointTables", folder: Path, name: str, baseline_in_words: str) -> list[Path]:
    """Draw energy, speedup and roofline as `NAME-energy.png` and so on; the paths of the pictures."""
    return [
        plot_energy(tables.compared, folder / f"{name}-energy.png"),
        plot_speedup(tables.compared, folder / f"{name}-speedup.png", baseline_in_words),
        plot_roofline(tables.layers, folder / f"{name}-roofline.png"),
    ]
