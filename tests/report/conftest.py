"""A real run, saved and read back: pictures may use nothing that a file does not hold. Every picture, drawn once."""

import pytest

from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.report import PLOTS
from sparsesim.results import read_results, result_table, write_table
from sparsesim.studies import simulate_network
from tests.report.samples import sample_of


@pytest.fixture(scope="session")
def layers(tmp_path_factory):
    machines = [load_machine(name) for name in ("a100-pcie", "h100-pcie", "core-i7-5930k")]
    prices = load_energy_table("horowitz-45nm")
    results = [
        result
        for pruner in (pruner_by_name("none"), pruner_by_name("2:4"))
        for result in simulate_network(load_network("digits-cnn"), pruner, ["dense", "nm-2:4"], machines, prices)
    ]
    path = tmp_path_factory.mktemp("report") / "layers.csv"
    write_table(result_table(results), path)
    return read_results(path)


@pytest.fixture(scope="session")
def drawn():
    """Every picture by name, drawn of its sample when it is first asked for; nobody may change it."""
    known = {}

    def draw(name):
        if name not in known:
            table, options = sample_of(name)
            known[name] = PLOTS[name].draw(table(), **options)
            known[name].draw_without_rendering()
        return known[name]

    return draw
