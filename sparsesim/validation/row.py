"""One comparison of a published or measured value with the model's."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """`simulated` against `published`, both in the unit that `metric` names.

    `error_pct` is the relative error in percent, positive where the model says more. `fitted` tells that a constant
    of the model was chosen so that this value comes out; such a row shows consistency, not accuracy.
    """

    reference: str
    case: str
    metric: str
    published: float
    simulated: float
    error_pct: float = field(init=False)
    fitted: bool
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "error_pct", 100 * (self.simulated / self.published - 1))

    def as_object(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def summarise(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Mean and largest absolute error of every metric, fitted and not fitted apart; the latter come first."""
    errors: dict[tuple[bool, str], list[float]] = {}
    for row in rows:
        errors.setdefault((row.fitted, row.metric), []).append(abs(row.error_pct))
    return [
        {
            "metric": metric,
            "fitted": fitted,
            "rows": len(found),
            "mean_abs_error_pct": sum(found) / len(found),
            "max_abs_error_pct": max(found),
        }
        for (fitted, metric), found in sorted(errors.items(), key=lambda entry: entry[0][0])
    ]
