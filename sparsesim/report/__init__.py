"""Tables for the terminal, and pictures drawn from saved results; this is the one folder that imports matplotlib."""

from sparsesim.report.plots import PLOTS, Plot

__all__ = ["PLOTS", "Plot"]
