"""Energy is a pure function of counts and a table; a three-layer example is priced by hand."""

import pytest
import yaml

from sparsesim.counts import Counts
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.hardware import (
    DEFAULT_ENERGY_TABLE,
    ENERGIES,
    energy_table_names,
    load_energy_table,
    load_machine,
    price,
    price_measured,
)
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix


def test_three_layers_by_hand():
    """A 4-8-2-1 network in fp32 with batch 1 on a CPU, from shapes to picojoules.

    Layer (outputs x inputs)  8 x 4   2 x 8   1 x 2
    MACs                         32      16       2   sum 50
    weights + inputs + outputs  32+4+8  16+8+2  2+2+1 words of 32 bit

    Each MAC: one multiply (3.7), one add (0.9), 3 register reads and 1 write (1 each), and 2 operands from
    SRAM (5 each). Each word that comes from DRAM is written to SRAM once (5) and read from DRAM (640); outputs
    are written to DRAM (640).
    """
    table = load_energy_table("horowitz-45nm")
    machine = load_machine("core-i7-5930k")
    mac_pj = 50 * (3.7 + 0.9)
    register_pj = 50 * 4 * 1.0
    read_words = (32 + 4) + (16 + 8) + (2 + 2)
    sram_pj = 50 * 2 * 5.0 + read_words * 5.0
    dram_pj = (read_words + 8 + 2 + 1) * 640.0
    total = dict.fromkeys(ENERGIES, 0.0)
    for outputs, inputs in ((8, 4), (2, 8), (1, 2)):
        op = matmul_op(DenseMatrix((outputs, inputs)), DenseMatrix((inputs, 1)), "dense", "fp32")
        for component, energy_pj in simulate(op, machine, table).energy_pj.items():
            total[component] += energy_pj
    assert total["mac"] == pytest.approx(mac_pj)
    assert total["register"] == pytest.approx(register_pj)
    assert total["sram"] == pytest.approx(sram_pj)
    assert total["dram"] == pytest.approx(dram_pj)
    assert total["logic"] == total["measured"] == total["static"] == 0
    assert total["total"] == total["dynamic"] == pytest.approx(230 + 200 + 820 + 48000)


def test_a_finished_run_is_priced_again_without_simulating():
    counts = Counts(cycles=10, actions={"mult_fp32": 10, "dram_read_bits": 64}, dram_bytes={"A": 8})
    assert price(counts, load_energy_table("horowitz-45nm"))["total"] == pytest.approx(37 + 1280)
    assert price(counts, load_energy_table("gpu-7nm"))["total"] == pytest.approx(97 + 8 * 118)


def test_an_action_that_the_table_lacks_is_named():
    counts = Counts(cycles=1, actions={"teleport": 3, "unused": 0}, dram_bytes={})
    with pytest.raises(InputError, match=r"horowitz-45nm: no entry for action 'teleport'"):
        price(counts, load_energy_table("horowitz-45nm"))


@pytest.mark.parametrize("name", energy_table_names())
def test_every_table_prices_the_same_actions(name):
    default, other = load_energy_table("horowitz-45nm"), load_energy_table(name)
    assert set(other.actions) == set(default.actions)
    assert all(entry.source for entry in other.actions.values())


def test_the_default_table_holds_the_published_values():
    actions = load_energy_table("horowitz-45nm").actions
    published = {
        "add_int32": 0.1,
        "add_fp32": 0.9,
        "register_read_bits": 1,
        "mult_int32": 3.1,
        "mult_fp32": 3.7,
        "sram_read_bits": 5,
        "dram_read_bits": 640,
    }
    assert {name: actions[name].pj for name in published} == published
    assert all(actions[name].per == 32 for name in published if name.endswith("bits"))


def test_an_unknown_table_suggests_a_known_one():
    with pytest.raises(UnknownNameError, match=r"unknown energy table 'horowitz'.*horowitz-45nm"):
        load_energy_table("horowitz")


PLACES = {"near.read_bits": 0.5, "read_bits": 4.0}


@pytest.fixture
def scaled(tmp_path):
    """Writes a table based on another beside it, with some fields changed, and loads it."""

    def load(**changes):
        base = {"name": "base", "node": "7 nm", "description": "", "actions": {}}
        base["actions"] = {
            "mult_fp32": {"pj": 2.0, "component": "mac", "source": "measured"},
            "dram_read_bits": {"pj": 100.0, "per": 8, "component": "dram", "source": "measured too"},
        }
        content = {"name": "mine", "node": "5 nm", "description": "", "based_on": "base.yaml"}
        (tmp_path / "base.yaml").write_text(yaml.safe_dump(base))
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content | changes))
        return load_energy_table(tmp_path / "mine.yaml")

    return load


def test_a_scaled_table_says_its_factors_and_why(scaled):
    table = scaled(scale={"mac": {"factor": 0.7, "source": "the foundry"}})
    mult, read = table.actions["mult_fp32"], table.actions["dram_read_bits"]
    assert (table.name, mult.pj, read.pj, read.per) == ("mine", 1.4, 100, 8)
    assert mult.source == "scaled: 0.7 x base (the foundry); base: measured"
    assert read.source == "as base: measured too"


def test_a_scaled_table_speaks_for_itself_and_rounds_to_a_millionth(scaled):
    scale = {name: {"factor": 0.123456789, "source": "x"} for name in ("mac", "dram")}
    table = scaled(description="mine, all of it", scale=scale)
    assert (table.name, table.node, table.description) == ("mine", "5 nm", "mine, all of it")
    found = {name: (entry.pj, entry.component) for name, entry in table.actions.items()}
    assert found == {"mult_fp32": (0.246914, "mac"), "dram_read_bits": (12.345679, "dram")}


def test_each_component_has_a_factor_of_its_own(scaled):
    factors = {"dram": {"factor": 10, "source": "far"}, "mac": {"factor": 0.5, "source": "near"}}
    assert {name: entry.pj for name, entry in scaled(scale=factors).actions.items()} == {
        "mult_fp32": 1.0,
        "dram_read_bits": 1000.0,
    }


def test_a_table_may_add_an_action_and_otherwise_keep_its_base(scaled):
    table = scaled(actions={"teleport": {"pj": 7, "component": "logic", "source": "mine"}})
    assert {name: entry.pj for name, entry in table.actions.items()} == {
        "mult_fp32": 2.0,
        "dram_read_bits": 100.0,
        "teleport": 7,
    }


def test_an_action_is_priced_where_it_happens_if_the_table_knows_the_place(scaled):
    """Three reads of 8 bits: from a near buffer with a price of its own, and from one without."""
    entries = {name: {"pj": pj, "per": 8, "component": "sram", "source": "x"} for name, pj in PLACES.items()}
    table = scaled(actions=entries)
    counts = Counts(cycles=1, actions={"near.read_bits": 24, "far.read_bits": 24}, dram_bytes={})
    assert price(counts, table)["sram"] == 3 * 0.5 + 3 * 4.0


def test_energies_by_component_in_the_order_of_every_table():
    assert list(price(Counts(1, {}, {}), load_energy_table(DEFAULT_ENERGY_TABLE)).items()) == [
        ("dram", 0),
        ("sram", 0),
        ("register", 0),
        ("mac", 0),
        ("logic", 0),
        ("measured", 0),
        ("static", 0),
        ("dynamic", 0),
        ("total", 0),
    ]
    assert DEFAULT_ENERGY_TABLE == "horowitz-45nm"


def test_a_scaled_table_may_set_single_prices(scaled):
    entry = {"pj": 0.5, "component": "mac", "source": "mine"}
    table = scaled(scale={"mac": {"factor": 0.7, "source": "the foundry"}}, actions={"mult_fp32": entry})
    assert table.actions["mult_fp32"].pj == 0.5
    assert table.actions["mult_fp32"].source == "mine"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scale": {"mac": {"factor": 0.7}}}, "scale.mac.source: this field is required"),
        ({"scale": {"mac": {"factor": 0, "source": "x"}}}, "scale.mac.factor"),
        ({"scale": {"mac": {"factor": float("nan"), "source": "x"}}}, "scale.mac.factor"),
        ({"scale": {"tree": {"factor": 1, "source": "x"}}}, "scale.tree.*'dram'"),
        ({"scal": {}}, "scal: unknown field, did you mean scale"),
        ({"based_on": "mine.yaml"}, "a circle, .*mine.yaml is based on itself"),
        ({"based_on": "gpu-6nm"}, "unknown energy table 'gpu-6nm'.*gpu-7nm"),
        ({"based_on": "../base.yaml"}, "is not in the folder of this file"),
    ],
)
def test_a_fault_in_a_scaled_table_is_one_line_with_the_file(scaled, changes, message):
    with pytest.raises(InputError, match=rf"mine\.yaml: .*{message}") as caught:
        scaled(**changes)
    assert "\n" not in str(caught.value)


def test_the_tables_of_other_processes_follow_from_7_nm():
    """Older processes cost more, whatever the component; only DRAM is the same in 12 nm (HBM2 beside HBM2e)."""
    tables = [load_energy_table(name).actions for name in ("gpu-4nm", "gpu-7nm", "gpu-8nm-gddr6x", "gpu-12nm")]
    for action in tables[0]:
        prices = [table[action].pj for table in tables]
        if not action.startswith("dram"):
            assert prices == sorted(prices)
            assert prices[0] < prices[-1]
    assert load_energy_table("gpu-4nm").actions["dram_read_bits"].pj == pytest.approx(122, rel=1e-3)
    assert load_energy_table("gpu-4nm-gddr6x").actions["dram_read_bits"].pj == pytest.approx(162, rel=5e-3)
    assert load_energy_table("gpu-8nm-gddr6x").actions["dram_read_bits"].pj == pytest.approx(204, rel=5e-3)
    assert load_energy_table("gpu-12nm").actions["dram_read_bits"].pj == 118


RUN = Counts(cycles=10, actions={"mult_fp32": 10, "dram_read_bits": 64}, dram_bytes={"A": 8})


def test_a_card_draws_its_idle_power_for_as_long_as_it_runs():
    """50 W for 2 us are 100 uJ; 10 multiplies at 3.7 pJ and two words at 640 pJ come on top."""
    energy_pj = price(RUN, load_energy_table("horowitz-45nm"), 2e-6, 50.0)
    assert energy_pj["static"] == pytest.approx(100e6)
    assert energy_pj["dynamic"] == pytest.approx(37 + 1280)
    assert energy_pj["total"] == pytest.approx(100e6 + 37 + 1280)


def test_unpublished_idle_power_is_no_energy():
    table = load_energy_table("horowitz-45nm")
    assert price(RUN, table, 2e-6, None) == price(RUN, table, 2e-6, 0.0) == price(RUN, table)


def test_measured_power_contains_the_idle_power():
    """150 W for 2 us, of which 50 W are idle."""
    energy_pj = price_measured(150.0, 2e-6, 50.0)
    assert list(energy_pj) == list(ENERGIES)
    assert energy_pj["measured"] == energy_pj["dynamic"] == pytest.approx(200e6)
    assert (energy_pj["static"], energy_pj["total"]) == (pytest.approx(100e6), pytest.approx(300e6))
    assert sum(energy_pj[part] for part in ("dram", "sram", "register", "mac", "logic")) == 0
    assert price_measured(150.0, 2e-6)["measured"] == pytest.approx(300e6)


def test_what_is_measured_is_never_less_than_nothing():
    energy_pj = price_measured(40.0, 2e-6, 50.0)
    assert (energy_pj["measured"], energy_pj["total"]) == (0, energy_pj["static"])
