"""Criteria that look at nothing but the weights: the mean of |w| over a group, and its norms."""

from sparsesim.errors import InputError
from sparsesim.pruning.criteria.criterion import Criterion

HIGHEST_POWER = 16
"""Beyond it a norm is the largest |w| in all but name."""


def norm(power: float) -> Criterion:
    """The criterion 'lP'. Raises InputError on a power out of range."""
    if not 0 < power <= HIGHEST_POWER:
        raise InputError(f"criterion l{power:g}: the power must be above 0 and at most {HIGHEST_POWER}")
    return Criterion(f"l{power:g}", f"norm of power {power:g} of the group", power)


MAGNITUDE = Criterion("magnitude", "mean |w| of the group", mean=True)
L1 = Criterion("l1", "sum of |w| over the group")
L2 = Criterion("l2", "square root of the sum of w**2 over the group", 2.0)
