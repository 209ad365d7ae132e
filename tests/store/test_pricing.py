"""Stored points at other prices are those that a simulation at these prices gives."""

import math

import pytest

from sparsesim.hardware import EnergyTable, load_energy_table, load_machine
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.results import result_table, totals
from sparsesim.store import compared, opened
from sparsesim.studies import simulate_network
from tests.results.made_up import made_up
from tests.store.made import write

MACHINES = ("a100-pcie", "sparch", "titan-x", "core-i7-5930k")
TABLES = ("horowitz-45nm", "gpu-7nm")


def simulated(table):
    network, machines = load_network("digits-cnn"), [load_machine(name) for name in MACHINES]
    pruner = pruner_by_name("2:4")
    return simulate_network(network, pruner, ["dense", "csr", "nm-2:4"], machines, table)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write(tmp_path_factory.mktemp("store") / "sweep.db", simulated(None))


@pytest.mark.parametrize("name", TABLES)
def test_prices_agree_with_a_simulation(path, name):
    table = load_energy_table(name)
    expected = totals(result_table(simulated(table)))
    with opened(path) as store:
        found = compared(store, prices=table)
    assert not found.lacking
    energies = [column for column in expected if column.startswith("energy_") and column.endswith("_pj")]
    assert len(energies) == 9
    assert found.table["energy_table"].tolist() == expected["energy_table"].tolist()
    assert (found.table["energy_static_pj"] > 0).any()
    for column in energies:
        assert found.table[column].tolist() == pytest.approx(expected[column].tolist(), rel=1e-12, nan_ok=True), column
    assert found.table["seconds"].tolist() == expected["seconds"].tolist()


def priced(path, results, **actions):
    write(path, results)
    prices = {
        name.replace("__", "."): {"pj": pj, "per": per, "component": component, "source": "assumed"}
        for name, (pj, per, component) in actions.items()
    }
    table = EnergyTable.model_validate({"name": "mine", "node": "x", "description": "x", "actions": prices})
    with opened(path) as store:
        return compared(store, prices=table)


def test_prices_by_hand(tmp_path):
    """What a component has a price of its own for costs that, other components the general one."""
    counts = {"buffer.sram_read_bits": 8, "other.sram_read_bits": 16, "mult_fp16": 3, "unpriced": 0}
    found = priced(
        tmp_path / "sweep.db",
        [made_up(point="a", counts=counts, seconds=2.0, idle_w=0.5)],
        sram_read_bits=(2.0, 8, "sram"),
        buffer__sram_read_bits=(5.0, 1, "register"),
        mult_fp16=(1.5, 1, "mac"),
    ).table.iloc[0]
    assert (found["energy_register_pj"], found["energy_sram_pj"], found["energy_mac_pj"]) == (40.0, 4.0, 4.5)
    assert (found["energy_static_pj"], found["energy_dynamic_pj"]) == (1e12, 48.5)
    assert found["energy_total_pj"] == 1e12 + 48.5
    assert found["energy_table"] == "mine"


def test_a_price_that_is_missing_is_told_and_the_others_are_priced(tmp_path):
    results = [
        made_up(point="a", counts={"mult_fp16": 2}),
        made_up(point="b", counts={"mult_fp16": 2, "compare": 7}),
        made_up(point="c", counts={"compare": 1}),
    ]
    found = priced(tmp_path / "sweep.db", results, mult_fp16=(1.0, 1, "mac"))
    assert found.lacking == {"energy table mine: no entry for action 'compare', which this run counted": 2}
    energy = found.table["energy_total_pj"].tolist()
    assert energy[0] == 2.0
    assert math.isnan(energy[1])
    assert math.isnan(energy[2])
