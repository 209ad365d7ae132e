"""Whose prices an answer has, and which machines publish what they draw at rest."""

import pytest

from sparsesim.hardware import DEFAULT_ENERGY_TABLE, common_table, load_energy_table, load_machine


@pytest.mark.parametrize("machines", [["sparch"], ["sparch", "titan-x"]])
def test_an_explicit_table_is_taken_for_all_and_own_for_each(machines):
    mine = load_energy_table("gpu-7nm")
    assert common_table(mine, machines) is mine
    assert common_table("gpu-7nm", machines) == mine
    assert common_table("own", machines) is None


@pytest.mark.parametrize("left_out", [None, ""])
def test_one_machine_has_its_own_prices_and_several_share_a_table(left_out):
    assert common_table(left_out, ["sparch"]) is common_table(left_out, ["sparch", "sparch"]) is None
    assert common_table(left_out, ["sparch", "titan-x"]) == load_energy_table(DEFAULT_ENERGY_TABLE)


@pytest.mark.parametrize(
    ("name", "watts"),
    [
        *[("a100-pcie", 66.5), ("h200", 105), ("titan-x", 15), ("core-i7-5930k", None), ("sparch", None)],
        *[("sparseloop-tc", None), ("sparseloop-stc", None)],
    ],
)
def test_cards_say_what_they_draw_at_rest_and_research_units_do_not(name, watts):
    assert load_machine(name).idle_w == watts
