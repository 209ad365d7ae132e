"""Speedup and energy ratio over a baseline."""

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.results import compare_to_baseline, compare_to_dense, geometric_mean, result_table, totals
from sparsesim.studies import compare
from tests.results.made_up import made_up, refused


def test_ratios_by_hand():
    """Four times as fast at half the energy; the other network has a baseline of its own."""
    half = {"dram": 1.0, "static": 1.0, "dynamic": 1.0, "total": 2.0}
    results = [
        made_up(),
        made_up(machine="fast", seconds=0.25, energy_pj=half),
        made_up(network="large", seconds=10.0),
        made_up(network="large", machine="fast", seconds=5.0),
    ]
    compared = compare_to_baseline(totals(result_table(results)), {"machine": "unit"})
    assert list(compared["speedup"]) == [1, 4, 1, 2]
    assert list(compared["energy_ratio"]) == [1, 2, 1, 1]
    assert list(compared["dynamic_energy_ratio"]) == [1, 4, 1, 1]


def test_the_table_keeps_its_rows_and_columns_and_gets_three_more():
    total = totals(result_table([made_up(machine="z"), made_up(), made_up(machine="a", seconds=0.5)]))
    compared = compare_to_baseline(total, {"machine": "unit"})
    assert list(compared.columns) == [*total.columns, "speedup", "energy_ratio", "dynamic_energy_ratio"]
    assert compared[total.columns].equals(total)
    assert list(compared["speedup"]) == [1, 1, 2]


@pytest.mark.parametrize("open_column", ["network", "format", "sparsity", "pruner"])
def test_each_row_is_compared_with_its_own_kind(open_column):
    """Columns that the baseline leaves out: two seconds against one, and twenty against five."""
    other = {"network": "other", "format": "csr", "sparsity": 0.5, "pruner": "magnitude"}[open_column]
    results = [
        made_up(seconds=2.0),
        made_up(machine="fast", seconds=1.0),
        made_up(seconds=20.0, **{open_column: other}),
        made_up(machine="fast", seconds=5.0, **{open_column: other}),
    ]
    compared = compare_to_baseline(totals(result_table(results)), {"machine": "unit"})
    assert list(compared["speedup"]) == [1, 2, 1, 4]


def test_a_baseline_pruner_has_the_sparsity_that_comes_first():
    pruned = {"pruner": "magnitude"}
    results = [
        made_up(seconds=8.0),
        made_up(seconds=4.0, sparsity=0.5, **pruned),
        made_up(seconds=1.0, sparsity=0.9, **pruned),
    ]
    compared = compare_to_baseline(totals(result_table(results)), pruned)
    assert list(compared["speedup"]) == [0.5, 1, 4]
    exact = compare_to_baseline(totals(result_table(results)), {**pruned, "sparsity": 0.9})
    assert list(exact["speedup"]) == [0.125, 0.25, 1]


def test_nothing_is_compared_with_a_refused_baseline():
    results = [refused(), made_up(machine="fast")]
    compared = compare_to_baseline(totals(result_table(results)), {"machine": "unit"})
    assert compared[["speedup", "energy_ratio", "dynamic_energy_ratio"]].isna().all(axis=None)


def test_speedup_is_over_the_baseline_and_nan_where_refused(results):
    baseline = {"machine": "core-i7-5930k", "pruner": "none", "format": "dense"}
    compared = compare_to_baseline(totals(result_table(results)), baseline)
    own = compared[(compared.machine == "core-i7-5930k") & (compared.pruner == "none") & (compared.format == "dense")]
    assert own["speedup"].item() == own["energy_ratio"].item() == 1
    pruned = compared[
        (compared.machine == "core-i7-5930k") & (compared.pruner == "magnitude") & (compared.format == "csr")
    ]
    assert pruned["energy_ratio"].item() > 2
    assert compared[compared.status == "refused"]["speedup"].isna().all()


def test_a_baseline_that_leaves_a_column_open_follows_the_row(results):
    compared = compare_to_baseline(totals(result_table(results)), {"pruner": "none", "format": "dense"})
    own = compared[(compared.pruner == "none") & (compared.format == "dense") & (compared.status == "ok")]
    assert (own["speedup"] == 1).all()


@pytest.mark.parametrize(
    ("baseline", "message"), [({"machin": "a100-pcie"}, "unknown field 'machin'"), ({"machine": "b"}, "no point has")]
)
def test_a_baseline_that_does_not_exist_is_refused(results, baseline, message):
    with pytest.raises(InputError, match=message):
        compare_to_baseline(totals(result_table(results)), baseline)


def test_compare_in_one_call():
    table = compare(
        load_network("digits-cnn"), ["core-i7-5930k"], ["dense", "csr"], ["none", pruner_by_name("magnitude", 0.9)]
    )
    assert len(table) == 4
    assert table["speedup"].iloc[0] == 1


def test_ratios_are_averaged_by_their_product():
    assert geometric_mean([1, 2, 4]) == pytest.approx(2)
    assert geometric_mean([0.5, 2]) == pytest.approx(1)
    assert geometric_mean([]) != geometric_mean([])


def test_unpruned_means_the_network_that_came_pruned_where_there_is_no_other():
    """A network of the same name that is dense goes before it, whatever the order of the rows."""
    given = made_up(pruner="given", sparsity=0.7, seconds=4.0)
    pruned, dense = made_up(pruner="magnitude", sparsity=0.9, seconds=2.0), made_up(seconds=8.0)
    baseline = {"pruner": "none"}
    assert compare_to_baseline(totals(result_table([given, pruned])), baseline)["speedup"].tolist() == [1, 2]
    assert compare_to_baseline(totals(result_table([given, pruned, dense])), baseline)["speedup"].tolist() == [2, 4, 1]
    named = compare_to_baseline(totals(result_table([dense, given, pruned])), {"pruner": "given"})
    assert named["speedup"].tolist() == [0.5, 1, 2]
    with pytest.raises(InputError, match="no point has"):
        compare_to_baseline(totals(result_table([given])), {"pruner": "magnitude"})


def test_energies_with_and_without_idle_power_have_no_common_ratio():
    """A chip that publishes no idle power would beat a card by what it leaves out."""
    card, chip = made_up(machine="card", idle_w=60.0), made_up(machine="chip", idle_w=None)
    for table in (
        compare_to_baseline(totals(result_table([card, chip])), {"machine": "card"}),
        compare_to_dense(totals(result_table([card, chip])), totals(result_table([card]))),
    ):
        found = table.set_index("machine")
        assert found.loc["card", "energy_ratio"] == 1
        assert np.isnan(found.loc["chip", "energy_ratio"])
        assert found.loc["chip", "dynamic_energy_ratio"] == 1
    alone = compare_to_dense(totals(result_table([chip])), totals(result_table([chip])))
    assert alone["energy_ratio"].item() == 1
