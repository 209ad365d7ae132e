import pytest
import yaml

from sparsesim.counts import Counts
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.hardware import load_machine, machine_names
from sparsesim.hardware.power import seconds_under_cap

MACHINES = machine_names()


def test_the_machines_of_the_mission_are_shipped():
    assert {"a100-pcie", "a100-pcie-2to4", "sparch", "core-i7-5930k", "titan-x"} <= set(MACHINES)


@pytest.mark.parametrize("name", MACHINES)
def test_every_number_has_a_source(name):
    machine = load_machine(name)
    assert machine.name == name
    assert all(text.strip() for text in machine.sources.values())


@pytest.fixture
def description(repository):
    return yaml.safe_load((repository / "models/hardware/a100-pcie.yaml").read_text())


def written(tmp_path, description):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(description))
    return path


def test_a_number_without_a_source_is_refused(tmp_path, description):
    del description["sources"]["accelerator.sms"]
    with pytest.raises(InputError, match=r"mine\.yaml.*no entry covers accelerator\.sms"):
        load_machine(written(tmp_path, description))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("clock_hz", "fast", "'fast' is not a quantity in Hz"),
        ("clok_hz", "1 GHz", "clok_hz"),
        ("launch_ns", -1, "launch_ns"),
        ("energy_table", "horowitz", "unknown energy table 'horowitz'"),
    ],
)
def test_a_faulty_field_is_named_with_file_and_value(tmp_path, description, field, value, message):
    description[field] = value
    with pytest.raises(InputError, match=r"mine\.yaml") as caught:
        load_machine(written(tmp_path, description))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_machine_suggests_known_ones():
    with pytest.raises(UnknownNameError, match=r"unknown machine 'a10'.*a100-pcie"):
        load_machine("a10")


def test_a_machine_cannot_be_read_from_outside_its_folder():
    with pytest.raises(UnknownNameError):
        load_machine("../energy/horowitz-45nm")


def test_transfers_take_whole_bursts_and_whole_cycles():
    machine = load_machine("a100-pcie")
    numerator, denominator = machine.dram_rate
    assert numerator / denominator == pytest.approx(1935e9 / 1410e6)
    assert machine.transfer_cycles(0) == 0
    assert machine.transfer_cycles(1) == 1
    assert machine.transfer_cycles(1_935_000_000) == pytest.approx(1_410_000, abs=1)


def test_the_last_burst_takes_its_time_on_one_channel():
    """SpArch's HBM: 60 ns; 64 bytes take 8 cycles at 8 B per cycle, of which the transfer counts one already."""
    machine = load_machine("sparch")
    assert machine.arrival_cycles(4096) == 60 + 8 - 1
    assert machine.arrival_cycles(16) == 60 + 2 - 1


def test_accelerator_parameters_can_be_changed_but_not_invented():
    machine = load_machine("a100-pcie")
    assert machine.with_accelerator(sms=54).accelerator.sms == 54
    with pytest.raises(InputError, match=r"a100-pcie: accelerator\.sparkle"):
        machine.with_accelerator(sparkle=1)
    with pytest.raises(InputError, match=r"a100-pcie: accelerator\.sms.*got 0"):
        machine.with_accelerator(sms=0)


def test_a_power_cap_stretches_time_and_no_cap_leaves_it():
    counts = Counts(cycles=1410, actions={"dram_read_bits": 8 * 10**7}, dram_bytes={"A": 10**7})
    capped = load_machine("a100-pcie")
    seconds, throttled = seconds_under_cap(counts, capped)
    # 10 MB x 118 pJ/B = 1.18 mJ; (300 - 66.5) W allow it in no less than 5.05 us.
    assert throttled
    assert seconds == pytest.approx(1.18e-3 / 233.5)
    free = capped.model_copy(update={"power": None})
    assert seconds_under_cap(counts, free) == (1e-6, False)
