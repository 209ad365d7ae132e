"""Where a ratio passes a level: bracketed on a coarse grid, then bisected down to neighbours."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final


def searched(ratio: Callable[[int], float], grid: Iterable[int], levels: Sequence[float]) -> dict[int, float]:
    """Ratios by step, in order: those of the grid, and those that tell each passage of a level to a single step.

    Between two steps that stand otherwise to any of the levels, the middle is looked at, until they are neighbours. So
    every change that the steps looked at show is told exactly, however many there are. What comes and goes between
    two steps that stand alike stays unseen.
    """
    known = {step: ratio(step) for step in grid}
    while (gap := _first_gap(known, levels)) is not None:
        middle = sum(gap) // 2
        known[middle] = ratio(middle)
    return dict(sorted(known.items()))


def place(ratio: float, levels: Sequence[float]) -> int:
    """Where a ratio stands among levels: different numbers below, on and above each of them."""
    return sum((ratio > level) + (ratio >= level) for level in levels)


TURN: Final = 0.01
"""From so large a share on, a fall after a rise is told; less is the rounding of cycles."""


def is_monotone(ratios: Sequence[float]) -> bool:
    """Whether they never fall, or never rise, by more than `TURN` from what was reached before."""
    falls = any(ratio < highest * (1 - TURN) for ratio, highest in zip(ratios, accumulate(ratios, max), strict=True))
    rises = any(ratio > lowest * (1 + TURN) for ratio, lowest in zip(ratios, accumulate(ratios, min), strict=True))
    return not (rises and falls)


def _first_gap(known: dict[int, float], levels: Sequence[float]) -> tuple[int, int] | None:
    for low, high in pairwise(sorted(known)):
        if high - low > 1 and place(known[low], levels) != place(known[high], levels):
            return low, high
    return None
