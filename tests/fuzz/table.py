"""The table at the end of a run: what came of the cases of every group."""

from dataclasses import asdict
from itertools import chain
from typing import Any

from tests.fuzz.hunting import Tally, is_long

PROPERTY = "fuzz"
"""Under which a test hands its tally to the report."""


def print_fuzzed_cases(terminalreporter: Any, config: Any) -> None:
    """Cases by group, in the long profile: what was asked for, what was refused, how long it took."""
    groups: dict[str, Tally] = {}
    for report in chain.from_iterable(terminalreporter.stats.values()):
        for name, found in getattr(report, "user_properties", ()):
            if name == PROPERTY and report.when == "teardown":  # that of the call is a copy
                _add(groups, Tally(**found))
    if groups and (is_long() or config.getoption("verbose") > 0):
        _print(terminalreporter, groups, getattr(config.option, "hypothesis_seed", None))


def _add(groups: dict[str, Tally], found: Tally) -> None:
    total = groups.setdefault(found.group, Tally(found.group))
    for field in ("cases", "refused", "simulated", "seconds"):
        setattr(total, field, getattr(total, field) + getattr(found, field))
    total.peak_bytes = max(total.peak_bytes, found.peak_bytes)


def _print(terminalreporter: Any, groups: dict[str, Tally], seed: object) -> None:
    terminalreporter.section("fuzzed cases" + (f" (--hypothesis-seed={seed})" if seed is not None else ""))
    terminalreporter.write_line(f"{'group':<12}{'cases':>9}{'simulated':>11}{'refused':>9}{'seconds':>9}{'peak MB':>9}")
    for tally in [*groups.values(), *([_total(groups)] if len(groups) > 1 else [])]:
        counts = f"{tally.cases:>9,}{tally.simulated:>11,}{tally.refused:>9,}"
        terminalreporter.write_line(f"{tally.group:<12}{counts}{tally.seconds:>9.0f}{tally.peak_bytes / 1e6:>9.1f}")


def _total(groups: dict[str, Tally]) -> Tally:
    total: dict[str, Tally] = {}
    for tally in groups.values():
        _add(total, Tally(**{**asdict(tally), "group": "all"}))
    return total["all"]
