"""The sentences under a table, from points whose winners are known."""

import numpy as np

from sparsesim.report.story import story
from sparsesim.results import compare_to_dense, result_table, totals
from tests.results.made_up import made_up, refused

DENSE = [made_up(machine=name, seconds=time, kernel="gemm") for name, time in (("card", 4.0), ("chip", 1.0))]
PRUNED = {"pruner": "magnitude", "sparsity": 0.9}
POINTS = [
    *DENSE,
    made_up(machine="card", format="csr", seconds=2.0, kernel="spmm", bottleneck="L2", **PRUNED),
    made_up(machine="card", format="dense", seconds=4.0, kernel="gemm", **PRUNED),
    made_up(machine="chip", format="csr", seconds=10.0, kernel="outer", bottleneck="merger", **PRUNED),
    refused(machine="chip", format="dense", **PRUNED),
]


def compared(points, dense=DENSE):
    return compare_to_dense(totals(result_table(points)), totals(result_table(dense)))


def test_who_wins_who_loses_and_what_gains():
    assert story(compared(POINTS)) == [
        "Fastest: chip on net (gemm, 1 s, memory); card on net at magnitude 90% (spmm, 2 s, L2).",
        "Furthest behind: card on net (4.00x the time of the fastest, memory); "
        "chip on net at magnitude 90% (5.00x the time of the fastest, merger).",
        "Gained most over the baseline: 2.00x on card (net at magnitude 90% as csr).",
    ]


def test_cases_that_one_machine_wins_are_listed_together():
    slow = [made_up(machine=name, seconds=9.0, kernel="gemm", **PRUNED) for name in ("card", "chip")]
    slow[1] = made_up(machine="chip", seconds=8.0, kernel="gemm", **PRUNED)
    first, behind, gained = story(compared([*DENSE, *slow]))
    assert first == "Fastest: chip on net (gemm, 1 s, memory) and net at magnitude 90% (gemm, 8 s, memory)."
    assert behind == "Furthest behind: card on net (4.00x the time of the fastest, memory)."
    assert gained == "No pruning and format gains anything over the baseline on any of these machines."


def test_a_single_machine_has_no_story():
    assert story(compared(DENSE[:1])) == []
    assert story(compared([refused(machine="card"), refused(machine="chip")])) == []


def test_a_gain_without_a_baseline_is_none():
    table = compared(POINTS).assign(speedup=np.nan)
    assert "No pruning" in story(table)[-1]
