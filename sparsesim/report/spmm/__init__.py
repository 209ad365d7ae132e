"""Pictures of sparse products on GPUs: times over sparsity, and simulated against measured times."""

from sparsesim.report.spmm.crossovers import draw_crossovers, plot_crossovers
from sparsesim.report.spmm.measured import draw_measured, plot_measured

__all__ = ["draw_crossovers", "draw_measured", "plot_crossovers", "plot_measured"]
