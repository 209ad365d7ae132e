"""Which of several formats is the fastest, where the difference means something."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

TIE: Final = 0.01
"""Times that differ by less of the shorter one are equal."""


def fastest(points: "pd.DataFrame", baseline_format: str) -> tuple[dict[str, Any], list[str]]:
    """The fastest point of those that were not refused, and the formats that a tie was decided against.

    The point in `baseline_format` wins a tie, see `TIE`: otherwise a tenth of a percent would decide whose energy is
    shown. At least one of the points must not be refused.
    """
    done = points[points["status"] == "ok"].sort_values("seconds", kind="stable")
    tied = done[done["seconds"] <= done["seconds"].iloc[0] * (1 + TIE)]
    of_baseline = tied[tied["format"] == baseline_format]
    if of_baseline.empty:
        return _row(done), []
    others = [str(format) for format in tied["format"] if format != baseline_format]
    return _row(of_baseline), others


def _row(points: "pd.DataFrame") -> dict[str, Any]:
    return {str(name): value for name, value in points.iloc[0].to_dict().items()}
