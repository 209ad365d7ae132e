"""Means of ratios."""

from collections.abc import Sequence


def geometric_mean(values: Sequence[float]) -> float:
    """Geometric mean of positive numbers; NaN for none."""
    import numpy as np

    return float(np.exp(np.mean(np.log(values)))) if len(values) else float("nan")
