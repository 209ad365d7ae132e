"""How much is pruned when: pure functions from a step to the sparsity that is due then.

A step is whatever the caller counts: optimiser steps in training, or rounds of pruning and retraining, starting at 1.
No schedule ever falls, so that every mask lies within the one before.
"""

import math
from collections.abc import Callable
from typing import Final, TypeAlias

from sparsesim.errors import InputError
from sparsesim.pruning.checks import check_amount

Schedule: TypeAlias = Callable[[int], float]

_MOST: Final = math.nextafter(1.0, 0.0)  # pruners refuse a sparsity of 1, to which many rounds would round


def one_shot(sparsity: float, at: int = 0) -> Schedule:
    """Nothing before step `at`, everything from then on."""
    check_amount("sparsity", sparsity, below=1)
    return lambda step: sparsity if step >= at else 0.0


def polynomial_decay(initial: float, final: float, begin: int, end: int, power: float = 3.0) -> Schedule:
    """The ramp of Zhu and Gupta, 2017: s_f + (s_0 - s_f) (1 - (t - t_0) / (t_end - t_0))**power.

    Nothing is pruned before `begin`, where it starts at `initial`; from `end` on it stays `final`. It prunes fastest
    at the beginning, when most weights are redundant. Raises InputError unless 0 <= initial <= final < 1,
    begin < end and power > 0.
    """
    check_amount("initial", initial, below=1)
    check_amount("final", final, below=1)
    if initial > final:
        raise InputError(f"initial={initial!r} is above final={final!r}: dropped weights do not come back")
    if not 0 <= begin < end:
        raise InputError(f"begin={begin!r} and end={end!r} must be steps with 0 <= begin < end")
    if not power > 0:
        raise InputError(f"power={power!r} must be above 0")

    def due(step: int) -> float:
        if step < begin:
            return 0.0
        left = 1 - min(1.0, (step - begin) / (end - begin))
        return float(final + (initial - final) * left**power)

    return due


def linear_ramp(final: float, steps: int, initial: float = 0.0, begin: int = 0) -> Schedule:
    """In equal steps from `initial` at step `begin` to `final`, `steps` later; for instance 0 to 90 % over 100."""
    return polynomial_decay(initial, final, begin, begin + steps, power=1.0)


def iterative(rounds: int, share: float) -> Schedule:
    """Every round drops `share` of what is left: 1 - (1 - share)**round, up to `rounds`; see `share_per_round`."""
    check_amount("share", share, below=1)
    if rounds < 1:
        raise InputError(f"rounds={rounds!r} must be at least 1")
    return lambda step: min(_MOST, 1 - (1 - share) ** min(max(step, 0), rounds))


def share_per_round(final: float, rounds: int) -> float:
    """The share of what is left that has to go in each of `rounds` rounds so that `final` is reached."""
    check_amount("final", final, below=1)
    if rounds < 1:
        raise InputError(f"rounds={rounds!r} must be at least 1")
    return float(1 - (1 - final) ** (1 / rounds))
