"""`Crossover`: the points that were looked at, who is ahead where, and the answer in sentences."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from sparsesim.studies.crossover.axes import Axis
from sparsesim.studies.crossover.search import is_monotone


@dataclass(frozen=True)
class Point:
    """Both sides at one value of the axis.

    Attributes:
        value: of the axis; a share or a whole number.
        first, second: the figure that is compared, in s or pJ.
        ratio: second over first: above 1 the first is ahead.
        first_kernel, second_kernel: what ran, what took most time first.
    """

    value: float
    first: float
    second: float
    ratio: float
    first_kernel: str
    second_kernel: str


@dataclass(frozen=True)
class Region:
    """Values from `low` to `high` over which the same side is `ahead`: "first", "second" or "neither"."""

    low: float
    high: float
    ahead: str


@dataclass(frozen=True)
class Crossing:
    """Where one side overtakes the other.

    Attributes:
        value: the first at which the side that was not ahead before is, going up.
        ahead: that side, "first" or "second".
        before: the last value at which the other one was ahead; None where both were level from the start.
        ratio, ratio_before: second over first at both.
        low, high: around it the ratio is within the band; None where it passes the band from one value to the next.
    """

    value: float
    ahead: str
    before: float | None
    ratio: float
    ratio_before: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Crossover:
    """The answer to: from where on is the one better than the other?

    Attributes:
        first, second: names of both sides.
        axis: what was varied.
        figure: what is compared, "seconds" or "energy_pj".
        workload: what ran.
        band: share by which a ratio may be off 1 and still says nothing, because the models err as much.
        points: everything that was looked at, in order.
        crossings: every one that the points show, told to the resolution of the axis.
        regions: who is ahead by more than the band, without gaps.
        remarks: what a reader must know besides.
    """

    first: str
    second: str
    axis: Axis
    figure: str
    workload: str
    band: float
    points: tuple[Point, ...]
    crossings: tuple[Crossing, ...]
    regions: tuple[Region, ...]
    remarks: tuple[str, ...] = ()

    @property
    def answer(self) -> list[str]:
        """Sentences: where they cross, within which values that is uncertain, and what could be missed."""
        lines = [self._crossing(each) for each in self.crossings] or [self._never()]
        if len(self.crossings) > 1:
            lines.append(f"There are {len(self.crossings)} crossings.")
        if not is_monotone([point.ratio for point in self.points]):
            lines.append(
                f"The ratio rises and falls: further crossings may lie between the points that were looked at "
                f"({len(self.points)}); more points find more."
            )
        return [*lines, *self.remarks]

    def as_object(self) -> dict[str, Any]:
        """Everything as plain values, for JSON and for pictures; `over` is the name of the axis."""
        return {
            "first": self.first,
            "second": self.second,
            "over": self.axis.name,
            "from": self.axis.low,
            "to": self.axis.high,
            "resolution": self.axis.resolution,
            "figure": self.figure,
            "workload": self.workload,
            "band": self.band,
            "crossings": [asdict(each) for each in self.crossings],
            "regions": [asdict(each) for each in self.regions],
            "points": [asdict(each) for each in self.points],
            "answer": self.answer,
        }

    def _crossing(self, found: Crossing) -> str:
        ahead, behind = (self.first, self.second) if found.ahead == "first" else (self.second, self.first)
        gain = found.ratio if found.ahead == "first" else 1 / found.ratio
        if found.before is None:
            return f"{ahead} pulls ahead of {behind} at {self.axis.told(found.value)} ({gain:.3g}x), level before."
        told = f"{ahead} overtakes {behind} at {self.axis.told(found.value)}"
        assert found.ratio_before is not None
        earlier = found.ratio_before if found.ahead == "first" else 1 / found.ratio_before
        told += f" ({gain:.4g}x; {earlier:.4g}x at {self.axis.shown(found.before)})"
        if found.low is None or found.high is None:
            return f"{told}, by more than {self.band:.3g} on both sides of it."
        ends = f"from {self.axis.shown(found.low)} to {self.axis.shown(found.high)}"
        reach = self._reach(found.low, found.high)
        return f"{told}; within {100 * self.band:.3g} % of each other {ends}{reach}."

    def _reach(self, low: float, high: float) -> str:
        """Whether the band runs into an end of what was searched."""
        ends = [self.points[0].value == low, self.points[-1].value == high]
        words = {(True, False): "the lower end", (False, True): "the upper end", (True, True): "both ends"}
        reached = words.get((ends[0], ends[1]))
        return f", {reached} of what was searched" if reached else ""

    def _never(self) -> str:
        low, high = self.points[0], self.points[-1]
        if all(point.ratio == 1 for point in self.points):
            return f"{self.first} and {self.second} are level throughout."
        leads = max(point.ratio for point in self.points) > 1
        ahead, behind = (self.first, self.second) if leads else (self.second, self.first)
        ends = f"[{self.axis.shown(low.value)}, {self.axis.shown(high.value)}]"
        gains = [point.ratio if leads else 1 / point.ratio for point in (low, high)]
        if self.figure == "seconds":
            told = f"{gains[0]:.3g}x as fast at {self.axis.told(low.value)}, {gains[1]:.3g}x"
        else:
            told = f"{1 / gains[0]:.3g}x of the energy at {self.axis.told(low.value)}, {1 / gains[1]:.3g}x"
        return f"{behind} never overtakes {ahead} within {ends}: the latter is {told} at {self.axis.shown(high.value)}."


def regions_of(points: Sequence[Point], band: float) -> tuple[Region, ...]:
    """Runs of points in which one side is ahead by more than the band, or neither is."""
    runs = groupby(points, lambda point: _ahead(point.ratio, 1 + band))
    found = [(ahead, list(run)) for ahead, run in runs]
    return tuple(Region(run[0].value, run[-1].value, ahead) for ahead, run in found)


def crossings_of(points: Sequence[Point], regions: Sequence[Region]) -> tuple[Crossing, ...]:
    """Where the lead changes, however small it is; being level is none, in between or at the end."""
    found, last = list[Crossing](), None
    for number, point in enumerate(points):
        ahead = _ahead(point.ratio, 1.0)
        if ahead == "neither" or (last is not None and ahead == last[0]):
            last = last if ahead == "neither" else (ahead, point)
            continue
        if last is not None or number:
            before = None if last is None else last[1]
            band = _band_around(point if before is None else before, point, regions)
            ends = (None, None) if band is None else (band.low, band.high)
            earlier = (None, None) if before is None else (before.value, before.ratio)
            found.append(Crossing(point.value, ahead, earlier[0], point.ratio, earlier[1], *ends))
        last = (ahead, point)
    return tuple(found)


def _ahead(ratio: float, by: float) -> str:
    return "first" if ratio > by else "second" if ratio < 1 / by else "neither"


def _band_around(before: Point, after: Point, regions: Sequence[Region]) -> Region | None:
    """The region without a winner that either side of a crossing lies in."""
    inside = [each for each in regions if each.ahead == "neither"]
    for value in (after.value, before.value):
        for region in inside:
            if region.low <= value <= region.high:
                return region
    return None
