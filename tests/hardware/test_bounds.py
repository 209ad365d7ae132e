"""The last value that a description may have, and the first that it may not."""

import pytest
import yaml

from sparsesim.errors import InputError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.shipped import shipped_file

MACHINE = yaml.safe_load(shipped_file("machine", "titan-x", "models/hardware", ".yaml").read_text())
PARENTS = {field: "assumed" for field in MACHINE if field not in ("name", "description", "energy_table", "sources")}
"""One source for all numbers below each field."""

# Field, values at the edges that are accepted, values just beyond them.
BOUNDS = [
    ("clock_hz", [1, 10**12], [0, 10**12 + 1]),
    ("dram.bandwidth_bytes_per_s", [1, 10**16], [0, 10**16 + 2]),
    ("dram.channels", [1, 1 << 16], [0, (1 << 16) + 1]),
    ("dram.burst_bytes", [1, 1 << 20], [0, (1 << 20) + 1]),
    ("dram.efficiency", [1e-6, 1.0], [0, 1.000001]),
    ("dram.latency_ns", [0, 1e9], [-1e-6, 1e9 + 1]),
    ("launch_ns", [0, 1e9], [-1e-6, 1e9 + 1]),
    ("launch_interval_ns", [0, 1e9], [-1e-6, 1e9 + 1]),
    ("power.cap_w", [15.001, 1e6, None], [15, 14, 0, 1e6 + 1]),
    ("power.idle_w", [0, 249.999], [-1e-6, 250, 1e7]),
    ("power.credit_j", [0, 1e9], [-1e-6, 1e9 + 1]),
    ("power.runs", [1, None], [0, -1]),
]


@pytest.fixture
def machine(tmp_path):
    """Loads the description of a card with one field changed."""

    def load(field="clock_hz", value="1 GHz", **changes):
        content = yaml.safe_load(yaml.safe_dump({**MACHINE, "sources": {**PARENTS, field: "assumed"}, **changes}))
        *parents, last = field.split(".")
        part = content
        for name in parents:
            part = part[name]
        part[last] = value
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump(content))
        return load_machine(path)

    return load


@pytest.mark.parametrize(("field", "accepted", "refused"), BOUNDS, ids=[bound[0] for bound in BOUNDS])
def test_quantities_of_machines(machine, field, accepted, refused):
    for value in accepted:
        found = machine(field, value)
        for name in field.split("."):
            found = getattr(found, name)
        assert found == value
    for value in refused:
        with pytest.raises(InputError, match=f"{field.partition('.')[0]}"):
            machine(field, value)


def test_a_cap_may_be_tiny_if_nothing_is_drawn_at_rest(machine):
    assert machine("power", {"cap_w": 0.001, "idle_w": 0}).power.cap_w == 0.001


def test_what_is_left_out_costs_nothing_and_limits_nothing(machine):
    spare = {name: value for name, value in MACHINE.items() if name not in ("launch_ns", "power")}
    found = machine(**{**dict.fromkeys(MACHINE), **spare, "launch_ns": 0})
    assert (found.launch_cycles, found.launch_interval_cycles) == (0, 0)
    assert found.power is None
    assert found.dram.efficiency == 1
    power = machine("power", {"cap_w": 100, "idle_w": 10}).power
    assert (power.credit_j, power.runs) == (0, None)


def test_a_source_covers_everything_below_its_field(machine):
    assert machine().sources == PARENTS
    with pytest.raises(InputError, match=r"no entry covers dram\.bandwidth_bytes_per_s, dram\.channels, dram\.burst_b"):
        machine(sources={field: "assumed" for field in PARENTS if field != "dram"})
    with pytest.raises(InputError, match="no entry covers clock_hz"):
        machine(sources={field: "assumed" for field in PARENTS if field != "clock_hz"} | {"clock": "assumed"})


def test_the_first_numbers_without_a_source_are_named(machine):
    with pytest.raises(InputError) as caught:
        machine(sources={})
    listed = "clock_hz, dram.bandwidth_bytes_per_s, dram.channels, dram.burst_bytes, dram.latency_ns"
    assert str(caught.value).endswith(f"no entry covers {listed}")


@pytest.fixture
def table(tmp_path):
    """Loads a table with one action, some of whose fields are changed."""

    def load(**changes):
        action = {"pj": 2.0, "per": 8, "component": "mac", "source": "x", **changes}
        given = {name: value for name, value in action.items() if value is not None}
        path = tmp_path / "mine.yaml"
        content = {"name": "mine", "node": "5 nm", "description": "", "actions": {"mult_fp32": given}}
        path.write_text(yaml.safe_dump(content))
        return load_energy_table(path)

    return load


@pytest.mark.parametrize(
    ("field", "accepted", "refused"),
    [("pj", [0, 1e-6, 1e6], [-1e-6]), ("per", [1, 2], [0, -1]), ("source", ["x"], [""])],
)
def test_quantities_of_energy_tables(table, field, accepted, refused):
    for value in accepted:
        assert getattr(table(**{field: value}).actions["mult_fp32"], field) == value
    for value in refused:
        with pytest.raises(InputError, match=rf"mult_fp32\.{field}"):
            table(**{field: value})


def test_a_price_is_for_one_action_unless_it_says_otherwise(table):
    assert table(per=None).actions["mult_fp32"].per == 1
