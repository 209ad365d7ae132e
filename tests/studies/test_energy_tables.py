"""Which prices an answer has if none are asked for: its own for one machine, one table for several."""

import numpy as np
import pytest

from sparsesim import products
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.networks import load_network
from sparsesim.studies import Sweep, compare, resolved
from sparsesim.tensors import DenseMatrix

OWN = {"a100-pcie": "gpu-7nm", "sparch": "sparch-40nm", "core-i7-5930k": "measured power", "titan-x": "measured power"}
COMMON = "horowitz-45nm"
ASKED = [
    (["a100-pcie"], None, OWN),
    (["core-i7-5930k"], None, OWN),
    (["a100-pcie", "sparch", "titan-x"], None, dict.fromkeys(OWN, COMMON)),
    (["a100-pcie", "sparch", "titan-x"], "own", OWN),
    (["titan-x"], "gpu-12nm", dict.fromkeys(OWN, "gpu-12nm")),
]


@pytest.mark.parametrize(("machines", "asked", "found"), ASKED)
def test_prices_of_a_comparison(machines, asked, found):
    network = load_network("digits-cnn").select("fc2")
    table = compare(network, machines, ["dense"], energy_table=asked)
    assert dict(zip(table["machine"], table["energy_table"], strict=True)) == {name: found[name] for name in machines}
    measured = table[table["energy_table"] == "measured power"]
    assert (measured["energy_measured_pj"] > 0).all()
    assert (table[table["energy_table"] != "measured power"]["energy_measured_pj"] == 0).all()


@pytest.mark.parametrize(("machines", "asked", "found"), ASKED)
def test_prices_of_a_product(machines, asked, found):
    units = [load_machine(name) for name in machines]
    results = products.multiply(DenseMatrix((64, 64)), DenseMatrix((64, 1)), units, ["dense"], "fp32", table=asked)
    assert {result.machine: result.energy_table for result in results} == {name: found[name] for name in machines}


@pytest.mark.parametrize(
    ("given", "machines", "name"),
    [
        ({}, ["sparch"], None),
        ({}, ["sparch", "titan-x"], COMMON),
        ({"energy_table": "own"}, ["sparch", "titan-x"], None),
        ({"energy_table": "gpu-4nm"}, ["sparch"], "gpu-4nm"),
    ],
)
def test_prices_of_a_sweep(given, machines, name):
    described = {"name": "x", "networks": ["digits-cnn"], "pruners": ["none"], "formats": ["dense"], **given}
    grid = resolved(Sweep.model_validate({**described, "machines": machines}))
    assert [machine.name for machine in grid.machines] == machines
    assert grid.tables == (name and load_energy_table(name),)


def test_two_machines_of_different_idle_power_are_compared_with_and_without_it():
    """SpArch publishes none: its total is its dynamic energy, which says nothing over a card that idles at 66.5 W."""
    table = compare(load_network("digits-cnn").select("fc2"), ["a100-pcie", "sparch"], ["dense"])
    card, unit = (table[table["machine"] == name].iloc[0] for name in ("a100-pcie", "sparch"))
    assert card["energy_static_pj"] == pytest.approx(66.5e12 * card["seconds"])
    assert unit["energy_static_pj"] == 0
    assert card["energy_ratio"] == 1
    assert np.isnan(unit["energy_ratio"])
    assert unit["dynamic_energy_ratio"] == pytest.approx(card["energy_dynamic_pj"] / unit["energy_dynamic_pj"])
