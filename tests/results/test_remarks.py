"""What is said about the energies of a table."""

import re

import pytest

from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.results import energy_remarks, priced, prices_in_words
from tests.results.made_up import made_up, refused

COMMON = load_energy_table("horowitz-45nm")


def remarks(names, table=COMMON, prices=None):
    """Of a comparison of these machines at one table, or at their own (None); `prices` replaces names of tables."""
    machines = [load_machine(name) for name in names]
    results = [
        made_up(
            machine=machine.name, energy_table=(prices or {}).get(machine.name, (table or machine.energy_table).name)
        )
        for machine in machines
    ]
    return energy_remarks(priced(results), machines, table)


def test_machines_of_several_nodes_at_one_table_are_said_to_be_designs():
    (line,) = remarks(["v100", "rtx-3090", "titan-x"], load_energy_table("gpu-8nm-gddr6x"))[:1]
    assert line == (
        "all machines at the prices of gpu-8nm-gddr6x (Samsung 8 nm), though v100 is 12 nm and titan-x 45 nm: designs "
        "are compared, not chips; --energy-table own prices each at its own"
    )
    assert not any("designs" in line for line in remarks(["v100", "rtx-3090", "titan-x"], None))


@pytest.mark.parametrize("names", [["a100-pcie"], ["a100-pcie", "a100-sxm"], ["core-i7-5930k", "titan-x"]])
def test_machines_of_one_node_are_chips(names):
    assert not any("designs" in line for line in remarks(names))


@pytest.mark.parametrize(
    ("names", "table", "named"),
    [
        (["a100-pcie", "titan-x", "sparch"], "horowitz-45nm", "horowitz-45nm charges 20 pJ .*HBM .a100-pcie, sparch. "),
        (["a100-pcie"], "horowitz-45nm", "HBM .a100-pcie. takes 4 to 13"),
        (["h100-sxm"], "gpu-8nm-gddr6x", "charges 25.5 pJ"),
        (["titan-x", "rtx-3090"], "horowitz-45nm", None),
        (["a100-pcie", "v100"], "gpu-4nm", None),
        (["sparch", "a100-pcie"], "sparch-40nm", None),
        (["a100-pcie", "sparch"], "sparseloop-45nm", None),
    ],
)
def test_hbm_at_the_price_of_another_dram_is_named(names, table, named):
    lines = [line for line in remarks(names, load_energy_table(table)) if "HBM" in line]
    assert len(lines) == (named is not None)
    assert all(re.search(named, line) for line in lines)


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["sparch"], "no idle power is published for sparch: its energy is dynamic alone"),
        (
            ["sparch", "a100-pcie"],
            "no idle power is published for sparch: its energy is dynamic alone; compare dynamic energies",
        ),
        (
            ["sparch", "sparseloop-tc", "core-i7-5930k"],
            "no idle power is published for sparch, sparseloop-tc and core-i7-5930k: their energies are dynamic alone",
        ),
    ],
)
@pytest.mark.parametrize("table", [None, COMMON])
def test_idle_power_that_is_not_published_is_said_so(names, line, table):
    assert remarks(names, table)[-1] == line


def test_a_measured_power_needs_no_remark():
    """It contains what the processor draws at rest."""
    assert remarks(["core-i7-5930k"], None, {"core-i7-5930k": "measured power"}) == []
    assert remarks(["a100-pcie"], None) == []


def test_what_was_refused_has_no_energy_to_speak_of():
    machine = load_machine("sparch")
    results = [refused(machine="sparch", energy_table="horowitz-45nm")]
    assert energy_remarks(priced(results), [machine], COMMON) == []
    assert prices_in_words(priced(results)) == ""


def test_the_prices_in_words():
    one = [made_up(machine="b", energy_table="x"), made_up(machine="a", energy_table="x")]
    assert prices_in_words(priced(one)) == "x"
    more = [*one, made_up("second", machine="b", energy_table="x"), made_up(machine="c", energy_table="y")]
    assert prices_in_words(priced(more)) == "x (b, a), y (c)"
