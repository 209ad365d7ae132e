"""What a search is for: figures to make small or large, and bounds that they have to keep."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from sparsesim.errors import InputError, UnknownNameError

Direction = Literal["minimise", "maximise"]


class Metric(NamedTuple):
    """A figure of a candidate: its unit, and which way is better."""

    unit: str
    better: Direction


METRICS: Final = {
    "seconds": Metric("s", "minimise"),
    "energy_total_pj": Metric("pJ", "minimise"),
    "energy_dynamic_pj": Metric("pJ", "minimise"),
    "area_mm2": Metric("mm2", "minimise"),
    "accuracy": Metric("share of samples", "maximise"),
    "divergence": Metric("nats", "minimise"),
}
"""Figures of everything that is evaluated, added up over it. The accuracy is in [0, 1]; the divergence is how far the
answers are from those of the unpruned network, which tells two plans apart where as many answers are right."""

ON_SAMPLES: Final = frozenset({"accuracy", "divergence"})
"""Those that need samples."""

ROUNDING: Final = 1e-12
"""Shares and their differences are not exact: a bound that is missed by no more is kept."""

_NUMBER = r"[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?"
_BOUND: Final = re.compile(
    rf"\s*(?P<metric>\w+)\s*(?P<sign><=|>=)\s*"
    rf"(?:(?P<value>{_NUMBER})(?P<times>\s*x\s*unpruned)?|unpruned(?:\s*(?P<shift>[+-])\s*(?P<by>{_NUMBER}))?)\s*"
)
_LONGEST: Final = 200
_FORMS: Final = "METRIC <= NUMBER, or >=, with a number, 0.9 x unpruned, or unpruned - 0.01"


@dataclass(frozen=True)
class Bound:
    """One constraint: a metric on one side of `factor` x the figure of the unpruned network + `offset`.

    Attributes:
        text: as it was written.
        metric: its name.
        at_most: whether the limit is the largest value that is allowed, else the smallest.
        factor: of the figure of the unpruned network; 0 where that does not matter.
        offset: in the unit of the metric.
    """

    text: str
    metric: str
    at_most: bool
    factor: float
    offset: float

    def limit(self, unpruned: Mapping[str, float]) -> float:
        """The value that is just allowed, from the figures of the unpruned network."""
        return self.offset + (self.factor * unpruned[self.metric] if self.factor else 0.0)

    def excess(self, figures: Mapping[str, float], unpruned: Mapping[str, float]) -> float:
        """By what share of the limit it is missed; 0 or less where it is kept."""
        limit = self.limit(unpruned)
        over = figures[self.metric] - limit if self.at_most else limit - figures[self.metric]
        return (over - ROUNDING * max(1.0, abs(limit))) / (abs(limit) or 1.0)


def bound(text: str) -> Bound:
    """A constraint from text such as "area_mm2 <= 15" or "accuracy >= unpruned - 0.01".

    Raises InputError for anything else, UnknownNameError for a metric that there is not.

    >>> bound("accuracy >= unpruned - 0.02").limit({"accuracy": 0.92})
    0.9
    """
    found = _BOUND.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise InputError(f"{text!r}: {_FORMS} is needed")
    if found["metric"] not in METRICS:
        raise UnknownNameError("metric", found["metric"], METRICS)
    factor, offset = 0.0, 0.0
    if found["value"] is None:
        factor, offset = 1.0, float(f"{found['shift'] or ''}{found['by'] or 0}")
    elif found["times"]:
        factor = float(found["value"])
    else:
        offset = float(found["value"])
    return Bound(text, found["metric"], found["sign"] == "<=", factor, offset)
