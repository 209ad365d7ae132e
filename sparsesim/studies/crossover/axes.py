"""What is varied: a sparsity, a batch or a size, on a lattice of values between which nothing is looked for."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sparsesim.errors import InputError, UnknownNameError

_DIGITS: Final = 9
"""Decimals of a value: multiples of 0.001 are told as they are written."""
MOST_POINTS: Final = 200
"""Of a coarse grid."""


@dataclass(frozen=True)
class Axis:
    """Values `resolution` apart from `low` to `high`, of which `points` are looked at first.

    Attributes:
        name: "sparsity", "batch" or "size".
        low, high: the ends of what is searched.
        resolution: how closely a crossing is told. Values are its multiples.
        least, below: values are at least the one and less than the other.
        points: values of the first, coarse grid.
    """

    name: str
    low: float
    high: float
    resolution: float
    least: float
    below: float = math.inf
    points: int = 9

    @property
    def is_share(self) -> bool:
        """Whether values are shares, told in per cent, and not whole numbers."""
        return self.name == "sparsity"

    @property
    def grid(self) -> list[int]:
        """Steps of the coarse grid, both ends included: evenly spaced in the logarithm of the value, or of the density.

        Speed follows what is left, so a few per cent of sparsity mean little at 50 % and much at 98 %.
        """
        first, last = self._steps()
        ends = [self._scale(self.value(first)), self._scale(self.value(last))]
        between = [ends[0] + (ends[1] - ends[0]) * n / (self.points - 1) for n in range(1, self.points - 1)]
        inner = (round(self._from_scale(place) / self.resolution) for place in between)
        return sorted({first, last, *(min(max(step, first), last) for step in inner)})

    def value(self, step: int) -> float:
        """The value of a step of the lattice; whole numbers but for shares."""
        value = round(step * self.resolution, _DIGITS)
        return value if self.is_share else round(value)

    def told(self, value: float) -> str:
        """A value in words: "sparsity 98.2 %", "batch 16"."""
        return f"{self.name} {self.shown(value)}"

    def shown(self, value: float) -> str:
        """A value: "98.2 %", "16"."""
        return f"{100 * value:.6g} %" if self.is_share else f"{value:,}"

    def checked(self) -> "Axis":
        """The axis itself; InputError for ends out of order or range, and a resolution or grid of no use."""
        for name, value in (("from", self.low), ("to", self.high), ("resolution", self.resolution)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise InputError(f"{name}: {value!r}: a number is needed")
            if not self.is_share and value != int(value):
                raise InputError(f"{name}: {value:g}: a {self.name} is a whole number")
        if not 10**-_DIGITS <= self.resolution <= self._widest:
            raise InputError(
                f"resolution: {self.resolution:g}: from {10**-_DIGITS if self.is_share else 1:g} to {self._widest:g}"
            )
        for name, value in (("from", self.low), ("to", self.high)):
            if not self.least <= value < self.below:
                above = f" and less than {self.below:g}" if self.below < math.inf else ""
                raise InputError(f"{name}: {value:g}: a {self.name} of at least {self.least:g}{above} is needed")
        if type(self.points) is not int or not 2 <= self.points <= MOST_POINTS:
            raise InputError(f"points: {self.points!r}: from 2 to {MOST_POINTS}")
        first, last = self._steps()
        if first >= last:
            raise InputError(f"to: {self.high:g}: must be above from, {self.low:g}, by the resolution at least")
        return self

    @property
    def _widest(self) -> float:
        return 0.1 if self.is_share else 1 << 20

    def _steps(self) -> tuple[int, int]:
        """The first and last step of the lattice between both ends."""
        first = math.ceil(round(self.low / self.resolution, 6))
        return max(first, 0 if self.is_share else 1), math.floor(round(self.high / self.resolution, 6))

    def _scale(self, value: float) -> float:
        return -math.log(1 - value) if self.is_share else math.log(value)

    def _from_scale(self, place: float) -> float:
        return 1 - math.exp(-place) if self.is_share else math.exp(place)


AXES: Final[Mapping[str, Axis]] = {
    "sparsity": Axis("sparsity", 0.5, 0.99, 0.001, 0.0, 1.0),
    "batch": Axis("batch", 1, 256, 1, 1),
    "size": Axis("size", 64, 8192, 1, 1),
}
"""What can be varied, as it is where nothing else is said."""


def axis_named(name: str, **given: Any) -> Axis:
    """An axis with some fields given, None for those that are not. UnknownNameError and InputError for faults."""
    if name not in AXES:
        raise UnknownNameError("axis", str(name), AXES)
    own = {field: value for field, value in given.items() if value is not None}
    return replace(AXES[name], **own).checked()
