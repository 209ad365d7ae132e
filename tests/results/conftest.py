"""A trained network, pruned in three ways, on a machine that takes everything and one that does not."""

import pytest

from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.studies import simulate_network


@pytest.fixture(scope="session")
def results():
    network = load_network("digits-cnn")
    machines = [load_machine(name) for name in ("core-i7-5930k", "a100-pcie")]
    table = load_energy_table("horowitz-45nm")
    pruners = [pruner_by_name("none"), pruner_by_name("magnitude", 0.9), pruner_by_name("2:4")]
    return [
        result
        for pruner in pruners
        for result in simulate_network(network, pruner, ["dense", "csr", "nm-2:4"], machines, table)
    ]
