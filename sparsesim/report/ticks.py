"""Ticks of logarithmic axes in plain numbers: 0.5, 1, 2, 5, never powers of ten."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from matplotlib.axis import Axis
from matplotlib.ticker import NullLocator

_STEPS: Final = (
    (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0),
    (1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0),
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
    (1.0, 2.0, 5.0),
    (1.0, 3.0),
)
"""The ticks in a decade, from many to few."""


def log_ticks(lowest: float, highest: float, most: int) -> list[float]:
    """At most `most` round numbers from `lowest` to `highest`, the most that fit; every decade or some if many."""
    first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
    for steps in _STEPS:
        ticks = [float(f"{step}e{decade}") for decade in range(first, last + 1) for step in steps]
        inside = [tick for tick in ticks if lowest <= tick <= highest]
        if len(inside) <= most:
            return inside
    for stride in range(1, last - first + 2):
        # Counted from 1, so that 1 is among them.
        inside = [
            float(f"1e{decade}")
            for decade in range(first, last + 1)
            if decade % stride == 0 and lowest <= float(f"1e{decade}") <= highest
        ]
        if len(inside) <= most:
            return inside
    return []


def set_ticks(axis: Axis, ticks: Sequence[float], unit: str = "", points: float = 7.0) -> None:
    """Ticks with their numbers in full, each followed by `unit`, and none between them."""
    axis.set_ticks(list(ticks), [f"{plain(tick)}{unit}" for tick in ticks], fontsize=points)
    axis.set_minor_locator(NullLocator())


def plain(value: float) -> str:
    """A number without an exponent."""
    return f"{Decimal(f'{value:.6g}').normalize():f}"
