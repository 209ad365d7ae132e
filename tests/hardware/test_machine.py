import pytest
import yaml

from sparsesim.counts import Counts
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.hardware import load_energy_table, load_machine, machine_names
from sparsesim.hardware.power import seconds_under_cap
from sparsesim.shipped import shipped_file

MACHINES = machine_names()


def test_the_machines_of_the_mission_are_shipped():
    assert {"a100-pcie", "sparch", "core-i7-5930k", "titan-x"} <= set(MACHINES)


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
    del description["sources"]["kernels.gemm.sms"]
    with pytest.raises(InputError, match=r"mine\.yaml.*no entry covers kernels\.gemm\.sms"):
        load_machine(written(tmp_path, description))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("clock_hz", "fast", "clock_hz: 'fast': a whole number of Hz is needed"),
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


@pytest.mark.parametrize("clock", ["1410000000", "1410000000.0", "1.41e9", "1.41 GHz"])
def test_a_plain_number_is_in_the_unit_of_its_field(tmp_path, description, clock):
    text = yaml.safe_dump(description | {"clock_hz": "THE CLOCK"})
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("THE CLOCK", clock))
    assert load_machine(path).clock_hz == 1_410_000_000


def test_an_unknown_machine_suggests_known_ones():
    with pytest.raises(UnknownNameError, match=r"unknown machine 'a10'.*a100-pcie"):
        load_machine("a10")


def test_a_machine_cannot_be_read_from_outside_its_folder():
    with pytest.raises(UnknownNameError):
        load_machine("../energy/horowitz-45nm")


@pytest.fixture
def based(tmp_path):
    """Writes YAML files into one folder and loads the first of them."""

    def load(**files):
        for name, content in files.items():
            (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
        return load_machine(tmp_path / f"{next(iter(files))}.yaml")

    return load


FASTER = {
    "name": "mine",
    "description": "A faster clock",
    "based_on": "a100-pcie",
    "clock_hz": "2 GHz",
    "sources": {"clock_hz": "assumed"},
}


def test_a_machine_based_on_another_says_only_what_differs(based):
    machine, base = based(mine=FASTER), load_machine("a100-pcie")
    assert (machine.name, machine.clock_hz) == ("mine", 2 * 10**9)
    assert machine.sources == {**base.sources, "clock_hz": "assumed"}
    same = {"name", "description", "clock_hz", "sources"}
    assert machine.model_dump(exclude=same) == base.model_dump(exclude=same)


@pytest.mark.parametrize("field", ["name", "description"])
def test_a_machine_is_not_called_and_described_like_its_base(based, field):
    with pytest.raises(InputError, match=f"{field}: this field is required"):
        based(mine={key: value for key, value in FASTER.items() if key != field})


def test_mappings_merge_lists_are_replaced_and_null_removes(based):
    changes = {"macs_per_cycle": {"fp16": 4096, "int4": None}, "tiles": [[16, 16, 16]]}
    sources = {"kernels.gemm.macs_per_cycle": "assumed", "kernels.gemm.tiles": "assumed", "power": None}
    sources = {**FASTER["sources"], **sources}
    kernels = {"gemm": changes, "gemm-2:4": {"patterns": {"int4": None}}, "spatha": None}
    machine = based(mine={**FASTER, "kernels": kernels, "power": None, "sources": sources})
    rates, base = machine.only("gemm").unit.macs_per_cycle, load_machine("a100-pcie").only("gemm").unit
    assert dict(rates) == {t: 4096 if t == "fp16" else rate for t, rate in base.macs_per_cycle.items() if t != "int4"}
    assert machine.only("gemm").unit.tiles == ((16, 16, 16),)
    assert machine.only("gemm").unit.sms == base.sms
    assert machine.only("gemm-2:4").unit.tiles == ((16, 16, 16),)
    assert machine.library.keys() == {"gemm", "gemm-2:4", "spmm", "vector-spmm", "block-spmm"}
    assert machine.power is None


def test_a_machine_can_be_based_on_a_file_beside_it(based):
    grandchild = {"name": "mine", "description": "", "based_on": "other.yaml", "launch_ns": 1}
    machine = based(mine={**grandchild, "sources": {"launch_ns": "assumed"}}, other=FASTER)
    assert (machine.clock_hz, machine.launch_ns) == (2 * 10**9, 1)
    assert machine.library == load_machine("a100-pcie").library


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"based_on": "a10-pcie"}, "unknown machine 'a10-pcie'.*a100-pcie"),
        ({"based_on": ["a100-pcie"]}, "based_on: a shipped name or a .yaml file"),
        ({"based_on": None}, "based_on: a shipped name or a .yaml file"),
        ({"based_on": "absent.yaml"}, r"based_on: .*absent\.yaml: no such file"),
        ({"based_on": "../absent.yaml"}, r"based_on: '\.\./absent\.yaml' is not in the folder"),
        ({"based_on": "/etc/absent.yaml"}, "based_on: '/etc/absent.yaml' is not in the folder"),
        ({"based_on": "mine.yaml"}, r"based_on: a circle, .*mine\.yaml is based on itself"),
        ({"based_on": "other.yaml"}, r"based_on: a circle, .*mine\.yaml is based on itself"),
        ({"based_on": "list.yaml"}, r"list\.yaml: a mapping of fields is needed, found list"),
        (
            {"kernels": {"gemm": {"kind": "processor"}}},
            r"kernels\.gemm\.sms: unknown field, taken .* \(null removes it\)",
        ),
        ({"kernels": {"gemm": {"sms": -1}}}, r"line \d+: kernels\.gemm\.sms"),
        ({"launch_ns": 1}, "sources: no entry of this file covers launch_ns"),
        ({"kernels": {"gemm": {"sms": 54}}}, "sources: no entry of this file covers kernels.gemm.sms"),
        ({"sources": None}, "sources: .*required"),
        ({"sources": ["a"]}, "sources: .*dictionary"),
        ({"name": None}, "name: this field is required"),
        ({"description": None}, "description: this field is required"),
    ],
)
def test_a_faulty_base_or_change_is_told_with_the_file_in_every_line(based, changes, message):
    with pytest.raises(InputError, match=rf"mine\.yaml: .*{message}") as caught:
        based(mine={**FASTER, **changes}, other={**FASTER, "based_on": "mine.yaml"}, list=["a100-pcie"])
    assert all("mine.yaml: " in line for line in str(caught.value).splitlines())


def test_a_launch_takes_whole_cycles():
    """5000 ns at 1.075 GHz; half a nanosecond more is half a cycle more, and so a whole one."""
    machine = load_machine("titan-x").model_copy(update={"launch_interval_ns": 5000.5})
    assert (machine.launch_cycles, machine.launch_interval_cycles) == (5375, 5376)


def test_only_tensor_cores_find_operands_in_the_l2_and_only_cards_have_a_credit():
    card, processor = load_machine("a100-pcie"), load_machine("core-i7-5930k")
    assert card.power.runs is None
    for runs, warm in ((3, True), (None, False)):
        changed = card.benchmarked(runs, warm)
        assert changed.power.runs == runs
        for name in ("gemm", "gemm-2:4", "spatha"):
            assert changed.only(name).unit.warm_l2 == warm
        assert changed.only("spmm").unit == card.only("spmm").unit
        assert changed.power.cap_w == card.power.cap_w
    assert processor.power is None
    assert processor.benchmarked(3, True) == processor


def test_every_machine_is_told_what_to_do_without_a_kernel():
    machine = load_machine("a100-pcie")
    assert machine.on_violation == "unpack"
    for choice in ("unpack", "refuse", "dense"):
        assert machine.with_on_violation(choice).on_violation == choice
    with pytest.raises(InputError, match="on_violation: 'ignore' is none of 'unpack', 'refuse', 'dense'"):
        machine.with_on_violation("ignore")


def test_an_energy_table_may_stand_in_the_machine_itself(tmp_path, description):
    prices = load_energy_table("gpu-4nm").model_dump()
    description["energy_table"] = {**prices, "name": "mine"}
    machine = load_machine(written(tmp_path, description))
    assert machine.energy_table.name == "mine"
    assert machine.energy_table.actions == load_energy_table("gpu-4nm").actions


def test_transfers_take_whole_bursts_and_whole_cycles():
    machine = load_machine("a100-pcie").only("gemm")
    machine = machine.model_copy(update={"dram": machine.dram.model_copy(update={"efficiency": 1.0})})
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
    machine = load_machine("a100-pcie").only("gemm")
    assert machine.with_accelerator(sms=54).unit.sms == 54
    for changes, message in (
        ({"sparkle": 1}, "a100-pcie: kernels.gemm.sparkle: unknown field"),
        ({"sms": 0}, "a100-pcie: kernels.gemm.sms: 0: must be greater than or equal to 1"),
        ({"l2": {"size_bytes": -1}}, "a100-pcie: kernels.gemm.l2.size_bytes: -1: must be greater than or equal to 1"),
        ({"splits": (2,)}, "a100-pcie: kernels.gemm.splits: 1 is missing, which short K cannot do without"),
    ):
        with pytest.raises(InputError) as caught:
            machine.with_accelerator(**changes)
        assert str(caught.value) == message
    with pytest.raises(InputError, match=r"^titan-x: accelerator\.chunks: True: must be a number, not a truth value"):
        load_machine("titan-x").with_accelerator(chunks=True)


def test_a_power_cap_stretches_time_and_no_cap_leaves_it():
    counts = Counts(cycles=1410, actions={"dram_read_bits": 8 * 10**7}, dram_bytes={"A": 10**7})
    capped = load_machine("a100-pcie")
    seconds, throttled = seconds_under_cap(counts, capped)
    # 10 MB x 118 pJ/B = 1.18 mJ; (300 - 66.5) W allow it in no less than 5.05 us.
    assert throttled
    assert seconds == pytest.approx(1.18e-3 / 233.5)
    free = capped.model_copy(update={"power": None})
    assert seconds_under_cap(counts, free) == (1e-6, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("clock_hz", True),
        ("clock_hz", "1e400 GHz"),
        ("clock_hz", float("nan")),
        ("clock_hz", 0),
        ("clock_hz", "2000 GHz"),
        ("dram.bandwidth_bytes_per_s", float("inf")),
        ("dram.bandwidth_bytes_per_s", [1]),
        ("dram.efficiency", 5.0),
        ("dram.efficiency", float("nan")),
        ("dram.latency_ns", -1),
        ("dram.channels", 1 << 63),
        ("launch_ns", float("inf")),
        ("power.cap_w", 0),
        ("power.idle_w", float("nan")),
        ("accelerator.efficiency.gemm", float("nan")),
        ("accelerator.efficiency.gemm", -1),
        ("accelerator.efficiency.gemm", 5.0),
        ("accelerator.macs_per_cycle.fp32", -1),
        ("accelerator.macs_per_cycle.fp32", 0),
        ("accelerator.cache.size_bytes", 1 << 63),
    ],
)
def test_no_physical_quantity_leaves_its_bounds(tmp_path, field, value):
    content = yaml.safe_load(shipped_file("machine", "titan-x", "models/hardware", ".yaml").read_text())
    *parents, last = field.split(".")
    part = content
    for name in parents:
        part = part[name]
    part[last] = value
    path = tmp_path / "machine.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=f"machine.yaml: line .*{last}"):
        load_machine(path)


def test_int8_runs_at_a_rate_that_the_processor_has_or_not_at_all():
    """AVX2 multiplies as many bytes as floats per cycle; Maxwell has no int8 product."""
    rates = load_machine("core-i7-5930k").unit.macs_per_cycle
    assert rates["int8"] == rates["fp32"] == 6 * 2 * 8
    assert "int8" not in load_machine("titan-x").unit.macs_per_cycle


def test_a_field_that_a_machine_does_not_inherit_is_missing_in_its_own_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("based_on: a100-pcie\nname: mine\n")
    with pytest.raises(InputError) as caught:
        load_machine(path)
    assert str(caught.value) == f"{path}: line 1: description: this field is required"
