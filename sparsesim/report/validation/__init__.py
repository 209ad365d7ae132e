"""What a comparison with published values looks like: tables of errors, and pictures of the studies behind it."""

from sparsesim.report.validation.ablation import draw_ablation, plot_ablation
from sparsesim.report.validation.errors import draw_errors, plot_errors
from sparsesim.report.validation.matrices import draw_matrices, plot_matrices
from sparsesim.report.validation.simulation_time import draw_simulation_time, plot_simulation_time
from sparsesim.report.validation.sweeps import draw_sweeps, plot_sweeps
from sparsesim.report.validation.tables import comparison_table, summary_table

__all__ = [
    "comparison_table",
    "draw_ablation",
    "draw_errors",
    "draw_matrices",
    "draw_simulation_time",
    "draw_sweeps",
    "plot_ablation",
    "plot_errors",
    "plot_matrices",
    "plot_simulation_time",
    "plot_sweeps",
    "summary_table",
]
