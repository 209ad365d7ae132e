"""What a table of points says, in a few sentences: who wins where, who loses, and which resource decides."""

from typing import TYPE_CHECKING, Any, Final

from sparsesim.report.readable import ratio, seconds
from sparsesim.results.grouping import told_apart

if TYPE_CHECKING:
    import pandas as pd

GAIN: Final = 1.05
"""Speedup over the dense kernel of the same machine from which on pruning is said to pay."""

CASE: Final = ["network", "pruner", "sparsity"]


def story(compared: "pd.DataFrame") -> list[str]:
    """At most three sentences; none if fewer than two machines or cases were simulated.

    `compared` is the table of `compare_to_dense` or `compare_to_baseline`. A case is a network under a pruner.
    """
    done = told_apart(compared[compared["status"] == "ok"])
    best = _fastest(done, [*CASE, "machine"])
    if best["machine"].nunique() < 2:
        return []
    told = [_winners(best), _losers(best), _gains(best)]
    return [sentence for sentence in told if sentence]


def _fastest(points: "pd.DataFrame", by: list[str]) -> "pd.DataFrame":
    """The fastest point of every group, groups in their order."""
    ordered = points.sort_values("seconds", kind="stable").drop_duplicates(by)
    return ordered.loc[sorted(ordered.index)]


def _winners(best: "pd.DataFrame") -> str:
    """The fastest machine of every case, with the kernel that ran and what decides its time."""
    won: dict[str, list[str]] = {}
    for case in _fastest(best, CASE).to_dict("records"):
        won.setdefault(str(case["machine"]), []).append(
            f"{_case(case)} ({case['kernel']}, {seconds(case['seconds'])}, {case['bottleneck']})"
        )
    return "Fastest: " + "; ".join(f"{machine} on {_listed(cases)}" for machine, cases in won.items()) + "."


def _losers(best: "pd.DataFrame") -> str:
    """Every machine's worst case against the fastest, and what its time goes to there."""
    shortest = best.groupby(CASE, sort=False)["seconds"].transform("min")
    behind = best.assign(behind=best["seconds"] / shortest)
    worst = behind.sort_values("behind", ascending=False, kind="stable").drop_duplicates("machine")
    worst = worst.loc[sorted(worst.index)]
    lost = [
        f"{point['machine']} on {_case(point)} "
        f"({ratio(point['behind'])} the time of the fastest, {point['bottleneck']})"
        for point in worst[worst["behind"] > 1].to_dict("records")
    ]
    return f"Furthest behind: {'; '.join(lost)}." if lost else ""


def _gains(best: "pd.DataFrame") -> str:
    """Where pruning pays most on every machine, over the baseline."""
    gained = best[best["speedup"] >= GAIN].sort_values("speedup", ascending=False, kind="stable")
    gained = gained.drop_duplicates("machine")
    if gained.empty:
        return "No pruning and format gains anything over the baseline on any of these machines."
    paid = [
        f"{ratio(point['speedup'])} on {point['machine']} ({_case(point)} as {point['format']})"
        for point in gained.to_dict("records")
    ]
    return f"Gained most over the baseline: {'; '.join(paid)}."


def _case(point: dict[Any, Any]) -> str:
    network = str(point["network"]).removesuffix(" (synthetic weights)")
    return network if point["pruner"] == "none" else f"{network} at {point['pruner']} {point['sparsity']:.0%}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
