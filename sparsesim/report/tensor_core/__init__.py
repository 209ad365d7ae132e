"""Pictures of tensor cores against measured GEMM times: times, ratios of dense and 2:4, ratios over the tokens.

All tables have a line per product with card, type, suite, kernel (what "sparse" means), m_tokens, n, k, fitted,
{dense,sparse}_{measured,simulated}_us and ratio_{measured,simulated}; NaN where there is nothing to compare.
"""

from sparsesim.report.tensor_core.over_tokens import draw_over_tokens, plot_over_tokens
from sparsesim.report.tensor_core.ratios import draw_ratios, plot_ratios
from sparsesim.report.tensor_core.times import draw_times, plot_times

__all__ = ["draw_over_tokens", "draw_ratios", "draw_times", "plot_over_tokens", "plot_ratios", "plot_times"]
