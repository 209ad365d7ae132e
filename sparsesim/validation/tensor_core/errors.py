"""The table of errors: means over the products of a card and type, fitted ones and others apart."""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import Any

from sparsesim.validation.tensor_core.runs import Comparison

Record = dict[str, Any]
Value = Callable[[Comparison], float | None]


def error_table(comparisons: Iterable[Comparison]) -> list[Record]:
    """One record per card, type, kernel and whether constants were fitted on the product."""
    groups: dict[tuple[str, str, str, bool], list[Comparison]] = {}
    for each in comparisons:
        key = each.point.card, each.point.dtype, each.point.kernel, each.fitted
        groups.setdefault(key, []).append(each)
    return [
        {
            "card": card,
            "type": dtype,
            "sparse": kernel if any(each.sparse_us for each in group) else None,
            "products": "fitted" if fitted else "other",
            "points": len(group),
            "dense %": _shown(group, lambda each: each.dense_error_pct, abs),
            "dense ±%": _shown(group, lambda each: each.dense_error_pct),
            "sparse %": _shown(group, lambda each: each.sparse_error_pct, abs),
            "sparse ±%": _shown(group, lambda each: each.sparse_error_pct),
            "ratio %": _shown(group, lambda each: each.ratio_error_pct, abs),
            "ratio ±%": _shown(group, lambda each: each.ratio_error_pct),
            "sign %": _shown(group, _sign_pct),
            "2x %": _shown(group, _naive_error_pct, abs),
        }
        for (card, dtype, kernel, fitted), group in groups.items()
    ]


def mean(group: Sequence[Comparison], value: Value, change: Callable[[float], float] = float) -> float | None:
    """Mean of the values that are not None; None if there are none."""
    values = [change(found) for found in map(value, group) if found is not None]
    return fmean(values) if values else None


def _shown(group: Sequence[Comparison], value: Value, change: Callable[[float], float] = float) -> float | None:
    """The mean, rounded to one decimal."""
    found = mean(group, value, change)
    return None if found is None else round(found, 1)


def _sign_pct(each: Comparison) -> float | None:
    return None if each.sign_is_right is None else 100.0 * each.sign_is_right


def _naive_error_pct(each: Comparison) -> float | None:
    """Error of the claim that 2:4 is always twice as fast."""
    if each.ratio_error_pct is None or each.point.ratio is None:
        return None
    return 100 * (2 / each.point.ratio - 1)
