"""Variants of machines: every field by its path, checked as in a file, with a source, and an identity of their own."""

import numpy as np
import pytest
import yaml

from sparsesim.errors import InputError
from sparsesim.hardware import load_machine, machine_names, numeric_fields, with_fields
from sparsesim.matmul import matmul_op
from sparsesim.shipped import shipped_file
from sparsesim.simulation import simulate
from sparsesim.studies.points import machine_hash
from sparsesim.tensors import DenseMatrix, SparseMatrix
from tests import machines as every
from tests.machines import KERNELS, alone, first_taken, held

CARD = load_machine("a100-pcie")
SPARCH = load_machine("sparch")
CARD_WITH_A_CAP = load_machine("titan-x")


def hash_of(machine):
    return machine_hash(machine, None)


def fields_of_every_design():
    """Machine and path of each field of a machine, and of each field of a unit of each kind."""
    found = {}
    for name in machine_names():
        machine = every.load_machine(name)
        for path in numeric_fields(machine):
            kind, field = of_unit(machine, path)
            found.setdefault((kind, field), (name, path))
    return sorted(found.values())


def of_unit(machine, path):
    """The kind of the unit whose field this is, and the field; no kind for one of the machine."""
    for name, kernel in machine.library.items():
        for place in (f"kernels.{name}.", "accelerator."):
            if path.startswith(place):
                return kernel.unit.kind, path.removeprefix(place)
    return "", path


TIED = {("mac_array", field) for field in ("macs_per_cycle.int8", "subcores", "rows", "depth", "keep")}
"""Fields of which none can change alone: a product and its factors, a part and its whole."""


def first_accepted(machine, path, value):
    for other in (value // 2 if isinstance(value, int) else value / 2, value - 1, value + 1, value * 2):
        if other != value:
            try:
                return other, with_fields(machine, {path: other})
            except InputError as error:
                refused = error
    raise refused


KINDS = {alone(name).unit.kind: name for name in reversed(KERNELS)}
"""A kernel of each kind of unit."""


@pytest.mark.parametrize("name", machine_names())
def test_every_number_may_be_set_to_what_it_is(name):
    machine = load_machine(name)
    numbers = numeric_fields(machine)
    same = with_fields(machine, numbers)
    assert hash_of(same) == hash_of(machine)
    assert numeric_fields(same) == numbers
    assert {same.sources[path] for path in numbers} == {"swept"}
    assert same.name == name


@pytest.mark.parametrize(("name", "path"), fields_of_every_design())
def test_every_number_may_be_another_and_nothing_else_changes(name, path):
    machine = every.load_machine(name)
    numbers = numeric_fields(machine)
    assert hash_of(with_fields(machine, {path: numbers[path]})) == hash_of(machine)
    if of_unit(machine, path) in TIED:
        with pytest.raises(InputError, match=r"must be subcores x rows x depth|keep 2 is more than of 1"):
            first_accepted(machine, path, numbers[path])
        return
    other, variant = first_accepted(machine, path, numbers[path])
    assert numeric_fields(variant) == {**numbers, path: other}
    assert hash_of(variant) != hash_of(machine)
    assert variant.sources[path] == "swept"
    kept = {where: text for where, text in machine.sources.items() if not f"{where}.".startswith(f"{path}.")}
    assert {where: variant.sources[where] for where in kept} == kept
    assert numeric_fields(machine) == numbers


@pytest.mark.parametrize("name", KINDS.values())
def test_more_bandwidth_is_never_slower(name):
    machine, form = alone(name), first_taken(name)
    random = np.random.default_rng(7)
    a = held(SparseMatrix.from_dense(random.random((256, 256)) < 0.3), form)
    op = matmul_op(a, DenseMatrix((256, 1 if "macko" in name or "spmv" in name else 32)), form, machine.default_dtype)
    bandwidth = machine.dram.bandwidth_bytes_per_s
    path = "dram.bandwidth_bytes_per_s"
    seconds = [
        simulate(op, with_fields(machine, {path: bandwidth // share})).seconds for share in (10_000, 100, 10, 2, 1)
    ]
    assert seconds == sorted(seconds, reverse=True)
    assert seconds[0] > 10 * seconds[-1]


def test_values_are_written_as_in_a_machine_file(tmp_path):
    changes = {"dram.bandwidth_bytes_per_s": "64 GB/s", "clock_hz": "1.5 GHz", "launch_ns": 2.5}
    fields = yaml.safe_load(shipped_file("machine", "sparch", "models/hardware", ".yaml").read_text())
    fields["dram"]["bandwidth_bytes_per_s"], fields["clock_hz"], fields["launch_ns"] = changes.values()
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(fields))
    variant = with_fields(SPARCH, changes)
    assert (variant.clock_hz, variant.dram.bandwidth_bytes_per_s, variant.launch_ns) == (1_500_000_000, 64 * 10**9, 2.5)
    assert hash_of(variant) == hash_of(load_machine(path))


def test_numbers_of_numpy_are_numbers():
    assert with_fields(SPARCH, {"accelerator.merge_ways": np.int64(32)}).unit.merge_ways == 32


@pytest.mark.parametrize(
    ("machine", "path"),
    [
        (SPARCH, "accelerator.merge_ways"),
        (SPARCH, "kernels.condensed_outer_product.merge_ways"),
        (SPARCH.only("condensed_outer_product"), "accelerator.merge_ways"),
        (SPARCH.with_accelerator(fifo_elements=64), "accelerator.merge_ways"),
        (SPARCH.benchmarked(None, False), "accelerator.merge_ways"),
    ],
)
def test_the_unit_of_a_machine_with_one_kernel_has_one_name(machine, path):
    variant = with_fields(machine, {path: 32})
    assert variant.unit.merge_ways == 32
    assert variant.unit.fifo_elements == machine.unit.fifo_elements
    assert hash_of(variant) != hash_of(machine)
    assert hash_of(with_fields(variant, {path: 64})) == hash_of(machine)


def test_what_was_set_in_python_has_no_source_and_needs_none():
    found = with_fields(CARD.only("gemm").with_accelerator(stages=2), {"accelerator.sms": 54}).sources
    assert found["kernels.gemm.sms"] == "swept"
    assert found["kernels.gemm.cluster"] == "set in Python, no source given"
    assert found["kernels.gemm.l2"] == CARD.sources["kernels.gemm.l2"]


def test_one_kernel_of_several_changes_alone_and_all_of_them_with_a_star():
    one = with_fields(CARD, {"kernels.gemm-2:4.sms": 54})
    assert [kernel.unit.sms for kernel in one.library.values()] == [108, 54, 108, 108, 108, 108]
    all_of_them = with_fields(CARD, {"kernels.*.sms": 54, "kernels.*.l1.size_bytes": 1024})
    assert {kernel.unit.sms for kernel in all_of_them.library.values()} == {54}
    assert [path for path, value in numeric_fields(all_of_them).items() if value == 1024] == [
        f"kernels.{kernel}.l1.size_bytes" for kernel in ("spmm", "vector-spmm", "block-spmm")
    ]


def test_names_of_kernels_may_have_dots():
    kernels = {"gemm-v1.2": CARD.library["gemm"], "gemm-v1": CARD.library["gemm"]}
    machine = CARD.model_copy(update={"kernels": kernels})
    changed = with_fields(machine, {"kernels.gemm-v1.2.sms": 54})
    assert [kernel.unit.sms for kernel in changed.library.values()] == [54, 108]


def test_what_is_no_number_may_be_set_too():
    changes = {"on_violation": "refuse", "energy_table": "horowitz-45nm", "accelerator.condensing": False}
    variant = with_fields(SPARCH, changes)
    assert (variant.on_violation, variant.energy_table.name) == ("refuse", "horowitz-45nm")
    assert variant.unit.condensing is False
    assert with_fields(CARD, {"kernels.gemm.tiles": [[64, 64, 32]]}).library["gemm"].unit.tiles == ((64, 64, 32),)


def test_optional_fields_come_and_go():
    capped = with_fields(SPARCH, {"power.cap_w": 10, "power.idle_w": 1})
    assert (capped.power.cap_w, capped.power.idle_w) == (10, 1)
    assert with_fields(CARD_WITH_A_CAP, {"power.cap_w": None}).power.cap_w is None
    assert with_fields(CARD, {"kernels.gemm.launch_ns": 5}).library["gemm"].launch_ns == 5
    own = with_fields(CARD, {"kernels.gemm.own_kernels.fp16.cluster": 2}).library["gemm"].unit.own_kernels
    assert own["fp16"].cluster == 2
    assert with_fields(CARD_WITH_A_CAP, {"accelerator.macs_per_cycle.int8": 8}).unit.macs_per_cycle["int8"] == 8


def test_a_mapping_is_replaced_with_the_sources_of_its_entries():
    changed = with_fields(CARD, {"kernels.gemm.efficiency": {"other": 0.5}, "kernels.gemm.efficiency.int8": 0.25})
    assert dict(changed.library["gemm"].unit.efficiency) == {"other": 0.5, "int8": 0.25}
    about = {path: text for path, text in changed.sources.items() if path.startswith("kernels.gemm.efficiency")}
    assert about == {"kernels.gemm.efficiency": "swept", "kernels.gemm.efficiency.int8": "swept"}


def test_no_change_is_the_machine_itself():
    assert with_fields(SPARCH, {}) is SPARCH


FAULTS = [
    (SPARCH, {"accelerator.merge_ways": 1}, "sparch: accelerator.merge_ways: 1: must be greater than or equal to 2"),
    (SPARCH, {"accelerator.merge_ways": "many"}, "sparch: accelerator.merge_ways: 'many': must be a valid integer"),
    (
        SPARCH,
        {"accelerator.merge_ways": True},
        "sparch: accelerator.merge_ways: True: must be a number, not a truth value (yes, no, on, off, true, false)",
    ),
    (
        SPARCH,
        {"clock_hz": "64 GB/s"},
        "sparch: clock_hz: '64 GB/s': a whole number of Hz is needed, or one with a unit such as 1.41 GHz",
    ),
    (SPARCH, {"clock_hz": float("nan")}, "sparch: clock_hz: nan: a whole number of Hz is needed, or one with a unit"),
    (
        SPARCH,
        {"accelerator.multiplier_groups": 3},
        "sparch: accelerator: macs_per_cycle.fp64: 16: must be a multiple of multiplier_groups, 3",
    ),
    (SPARCH, {"power.cap_w": 5}, "sparch: power.idle_w: this field is required"),
    (SPARCH, {"energy_table": "x"}, "sparch: energy_table: unknown energy table 'x': known: gpu-12nm, "),
    (SPARCH, {"on_violation": "x"}, "sparch: on_violation: 'x': must be 'unpack', 'refuse' or 'dense'"),
    (
        SPARCH,
        {"bandwidth": 5},
        "sparch: bandwidth: unknown field, did you mean dram.bandwidth_bytes_per_s?",
    ),
    (
        SPARCH,
        {"accelerator.merge_way": 5},
        "sparch: accelerator.merge_way: unknown field, did you mean accelerator.merge_ways?",
    ),
    (
        SPARCH,
        {"accelerator.merge_ways": 5, "kernels.condensed_outer_product.merge_ways": 6},
        "sparch: kernels.condensed_outer_product.merge_ways: this field is set by accelerator.merge_ways, too",
    ),
    (SPARCH, {"xyz": 5}, "sparch: xyz: unknown field, known: clock_hz, dram.bandwidth_bytes_per_s, dram.channels and"),
    (SPARCH, {"name": "x"}, "sparch: name: a variant does not change this"),
    (SPARCH, {"accelerator.kind": "x"}, "sparch: accelerator.kind: a variant does not change this"),
    (SPARCH, {"dram": {}}, "sparch: dram: unknown field, did you mean dram.bandwidth_bytes_per_s or dram.channels or"),
    (SPARCH, {"clock_hz.x": 1}, "sparch: clock_hz.x: unknown field, did you mean "),
    (
        CARD,
        {"accelerator.sms": 54},
        "a100-pcie: accelerator.sms: it has several kernels, name one as kernels.NAME.sms: "
        "gemm, gemm-2:4, spatha, spmm, vector-spmm, block-spmm",
    ),
    (CARD, {"kernels.gemm-2:4.sms": 0}, "a100-pcie: kernels.gemm-2:4.sms: 0: must be greater than or equal to 1"),
    (
        CARD,
        {"kernels.gemm-1:4.sms": 1},
        "a100-pcie: kernels.gemm-1:4.sms: unknown field, did you mean kernels.gemm-2",
    ),
    (CARD, {"kernels.*.smss": 0}, "a100-pcie: kernels.*.smss: unknown field, did you mean "),
    (CARD, {"kernels.gemm.macs_per_cycle.fp17": 1}, "a100-pcie: kernels.gemm.macs_per_cycle.fp17: unknown number type"),
]


@pytest.mark.parametrize(("machine", "changes", "message"), FAULTS, ids=lambda value: str(value)[:40])
def test_faults_are_one_line_with_machine_path_and_value(machine, changes, message):
    with pytest.raises(InputError) as caught:
        with_fields(machine, changes)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
