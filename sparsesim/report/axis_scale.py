"""Scales of the axes of curves: logarithmic where values are spaced so, sparsities by what is left."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sparsesim.report.quantity import RATIOS, SHARES, Quantity, is_logarithmic, quantity
from sparsesim.results.columns import AXES

_BESIDE: Final = 0.06
"""Share of an axis that is left free beside its first and last value."""


@dataclass(frozen=True)
class Scale:
    """One axis of all panels.

    Attributes:
        quantity: name and unit.
        kind: "linear", "log", or "kept" for sparsities by what is left, twice as sparse as far everywhere.
        values: different values in order, as they are drawn.
        limits: ends of the axis, as drawn.
    """

    quantity: Quantity
    kind: str
    values: tuple[float, ...]
    limits: tuple[float, float]

    def drawn(self, value: float) -> float:
        """Where a value of the table is drawn."""
        return 1 - value if self.kind == "kept" else value / self.quantity.scale

    def words(self, drawn: float, digits: int = 6) -> str:
        """The number at a place of the axis."""
        value = 1 - drawn if self.kind == "kept" else drawn * self.quantity.scale
        return self.quantity.words(value, digits)

    def share(self, drawn: float) -> float:
        """How far along the axis a place is, from 0 to 1."""
        low, high = (self.linear(end) for end in self.limits)
        return (self.linear(drawn) - low) / (high - low)

    def linear(self, drawn: float) -> float:
        """A place where equal distances are equal on paper."""
        return drawn if self.kind == "linear" else math.log(drawn)

    def place(self, linear: float) -> float:
        """The other way round."""
        return linear if self.kind == "linear" else math.exp(linear)


def across(column: str, values: Sequence[float]) -> Scale:
    """The axis that a sweep goes over: all of its values are on it."""
    shown = quantity(column, values)
    kept = [1 - value for value in values]
    is_share = (AXES.key(column) or column) == "sparsity"
    if is_share and min(kept) > 0 and max(kept) >= 4 * min(kept):
        places, kind = sorted(set(kept), reverse=True), "kept"
    else:
        places = sorted({value / shown.scale for value in values})
        kind = "log" if column not in SHARES and is_logarithmic(places) else "linear"
    first, last = places[0], places[-1]
    if kind == "linear":
        beside = _BESIDE * ((last - first) or max(abs(first), 1.0))
        return Scale(shown, kind, tuple(places), (first - beside, last + beside))
    factor = (last / first) ** _BESIDE
    return Scale(shown, kind, tuple(places), (first / factor, last * factor))


def upward(column: str, values: Sequence[float]) -> Scale:
    """The axis of what is found; 1 is always on that of a ratio, 0 on others that are not logarithmic."""
    shown = quantity(column, values)
    places = [value / shown.scale for value in values]
    is_ratio = column in RATIOS
    if all(place > 0 for place in places) and (is_ratio or max(places) >= 6 * min(places)):
        low, high = min([*places, *[1.0] * is_ratio]), max([*places, *[1.0] * is_ratio])
        factor = max(high / low, 1.5) ** 0.09
        return Scale(shown, "log", tuple(sorted(set(places))), (low / factor, high * factor))
    low, high = min([*places, 0.0]), max([*places, 1.0 * is_ratio])
    beside = 0.09 * ((high - low) or 1.0)
    return Scale(shown, "linear", tuple(sorted(set(places))), (low - beside * (low < 0), high + beside))
