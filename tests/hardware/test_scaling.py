"""Equal resources: machines scaled to what others have, with rounding told and what cannot be refused in a line."""

import numpy as np
import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.hardware import amount_of, load_machine, machine_names, numeric_fields, scaled_to, with_fields
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.studies.points import machine_hash
from sparsesim.tensors.generators import uniform
from tests import machines as every

SPARCH = load_machine("sparch")
CARD = load_machine("a100-pcie")
TENSOR_CORE = load_machine("sparseloop-tc")


def changes(machine, scaled):
    before, after = numeric_fields(machine), numeric_fields(scaled)
    assert before.keys() == after.keys()
    return {path: (value, after[path]) for path, value in before.items() if value != after[path]}


@pytest.mark.parametrize("name", machine_names())
def test_every_machine_is_scaled_to_twice_its_macs(name):
    """Rates and parts double, and nothing else moves but what was measured."""
    machine = every.load_machine(name)
    own = amount_of(machine, "macs_per_cycle")
    twice = scaled_to(machine, "macs_per_cycle", 2 * own)
    assert amount_of(twice, "macs_per_cycle") == 2 * own
    assert {kernel.unit.kind: kernel.formats for kernel in twice.library.values()} == {
        kernel.unit.kind: kernel.formats for kernel in machine.library.values()
    }
    kept = {path: value for path, value in numeric_fields(machine).items() if "measured_power_w" not in path}
    after = numeric_fields(twice)
    moved = {path for path, value in kept.items() if after[path] != value}
    assert moved
    assert all(after[path] == 2 * kept[path] for path in moved)
    outside = ("dram.", "clock_hz", "launch_", "power.")
    assert not [path for path in moved if path.startswith(outside) or path.endswith("size_bytes")]
    told = f"scaled by 2 to {2 * own:g} macs_per_cycle ({machine.default_dtype})"
    assert {twice.sources[path] for path in moved} == {told}
    assert twice.name == name
    back = scaled_to(twice, "macs_per_cycle", own)
    if not any(path.split(".")[1:2] == ["measured_power_w"] for path in numeric_fields(machine)):
        assert machine_hash(back, None) == machine_hash(machine, None)


def test_sparch_with_the_multipliers_of_a_tensor_core():
    scaled = scaled_to(SPARCH, "macs_per_cycle", TENSOR_CORE)
    assert changes(SPARCH, scaled) == {
        **{f"accelerator.macs_per_cycle.{dtype}": (16, 1024) for dtype in SPARCH.unit.macs_per_cycle},
        "accelerator.multiplier_groups": (2, 128),
        "accelerator.merger_elements_per_cycle": (16, 1024),
        "accelerator.fifo_elements": (32, 2048),
        "accelerator.writer_fifo_elements": (1024, 65536),
        "accelerator.outstanding_lines": (64, 4096),
        "accelerator.unpack_values_per_cycle": (16, 1024),
    }
    assert scaled.energy_table == SPARCH.energy_table
    # It could not be built: the merger alone has the comparators of 256 x 256 blocks and those on their boundary.
    assert scaled.area_by_part_mm2["merge tree"] == pytest.approx(17.27 * (256**2 + 511 * 16) / 128)


def test_the_number_type_decides_which_peaks_are_compared():
    assert scaled_to(SPARCH, "macs_per_cycle", CARD).unit.macs_per_cycle["fp16"] == 110592
    assert scaled_to(SPARCH, "macs_per_cycle", CARD, dtype="fp64").unit.macs_per_cycle["fp16"] == 6912
    assert scaled_to(SPARCH, "macs_per_cycle", 32).sources["accelerator.multiplier_groups"].endswith("(fp64)")


def test_a_wide_unit_multiplies_faster_until_memory_decides():
    op = matmul_op(uniform(512, 512, 0.1, seed=0), uniform(512, 512, 0.1, seed=1), "csr", "fp64")
    seconds, bottlenecks = [], []
    for factor in (1, 2, 4, 16, 64):
        result = simulate(op, scaled_to(SPARCH, "macs_per_cycle", 16 * factor))
        seconds.append(result.seconds)
        bottlenecks.append(result.bottleneck)
    assert seconds == sorted(seconds, reverse=True)
    assert (bottlenecks[0] != "memory", bottlenecks[-1] == "memory") == (True, True)
    assert seconds[0] < 4 * seconds[-1]
    fast = scaled_to(SPARCH, "bandwidth", "10000 GB/s")
    assert simulate(op, fast).seconds > 12 * simulate(op, scaled_to(fast, "macs_per_cycle", 256)).seconds


def test_whole_parts_are_rounded_and_the_source_says_so():
    scaled = scaled_to(CARD, "macs_per_cycle", load_machine("v100"))
    units = [kernel.unit for kernel in scaled.library.values()]
    assert {unit.sms for unit in units} == {40}
    assert {unit.macs_per_cycle["fp16"] for unit in units} == {40960}
    rounded = scaled_to(CARD, "macs_per_cycle", 50_000)
    assert rounded.library["gemm"].unit.macs_per_cycle["fp16"] == 49 * 1024
    told = "scaled by 0.452112 to 50000 macs_per_cycle (fp16); in whole numbers it has 50176"
    assert rounded.sources["kernels.gemm.sms"] == told


@pytest.mark.parametrize("multipliers", range(7, 200, 3))
def test_multipliers_of_sparch_stay_in_equal_groups(multipliers):
    unit = scaled_to(SPARCH, "macs_per_cycle", multipliers).unit
    assert unit.macs_per_cycle["fp64"] % unit.multiplier_groups == 0
    assert unit.macs_per_cycle["fp64"] == pytest.approx(multipliers, rel=0.1)
    assert unit.multiplier_groups == pytest.approx(multipliers / 8, abs=0.51)


def test_measured_power_is_not_that_of_another_processor():
    cpu = load_machine("core-i7-5930k")
    scaled = scaled_to(cpu, "macs_per_cycle", 192)
    assert cpu.unit.measured_power_w
    assert not scaled.unit.measured_power_w
    assert scaled.unit.cache == cpu.unit.cache


def test_bandwidth_is_that_of_another_machine_and_nothing_else():
    path = "dram.bandwidth_bytes_per_s"
    scaled = scaled_to(SPARCH, "bandwidth", CARD)
    assert changes(SPARCH, scaled) == {path: (128 * 10**9, 1935 * 10**9)}
    assert scaled.sources[path] == "scaled to the bandwidth of a100-pcie"
    assert scaled_to(SPARCH, "bandwidth", "900 GB/s").sources[path] == "scaled to 900 GB/s"


@pytest.mark.parametrize("wanted", [20, 29, 40, 100, 1000])
def test_an_area_is_filled_with_compute_and_buffers(wanted):
    scaled = scaled_to(SPARCH, "area", wanted)
    assert 0.9 * wanted <= scaled.area_mm2 <= wanted
    moved = changes(SPARCH, scaled)
    assert {"accelerator.prefetch_lines", "accelerator.lookahead_window"} <= set(moved)
    assert "accelerator.multiplier_groups" in moved or wanted == 29
    assert not [path for path in moved if not path.startswith("accelerator.")]
    factor = np.mean([after / before for path, (before, after) in moved.items() if "groups" not in path])
    one_more = with_fields(SPARCH, {"accelerator." + k: v for k, v in SPARCH.unit.grown(1.15 * factor, True).items()})
    assert one_more.area_mm2 > wanted


def test_a_smaller_machine_fills_the_area_of_a_larger_one():
    small = with_fields(SPARCH, {"accelerator.merge_ways": 8}).model_copy(update={"name": "small"})
    scaled = scaled_to(small, "area", SPARCH)
    assert scaled.unit.merge_ways == 8
    assert 0.9 * SPARCH.area_mm2 <= scaled.area_mm2 <= SPARCH.area_mm2
    assert scaled.unit.macs_per_cycle["fp64"] > 16
    assert scaled.sources["accelerator.prefetch_lines"].startswith("scaled by ")


def test_what_is_equal_already_stays_as_it_is():
    for resource in ("macs_per_cycle", "bandwidth", "area"):
        assert scaled_to(SPARCH, resource, SPARCH) is SPARCH


def test_amounts():
    assert amount_of(CARD, "macs_per_cycle") == 110592
    assert amount_of(load_machine("rtx-4090"), "macs_per_cycle", "fp16") == 32768
    assert amount_of(SPARCH, "bandwidth") == 128e9
    assert amount_of(SPARCH, "area") == SPARCH.area_mm2


OTHER_NODE = load_machine(
    {
        "name": "finer",
        "description": "SpArch at 20 nm",
        "based_on": "sparch",
        "area": {"node_nm": 20},
        "sources": {"area.node_nm": "assumed"},
    }
)


@pytest.mark.parametrize(
    ("machine", "resource", "target", "message"),
    [
        (SPARCH, "area", CARD, "sparch: area: the area of a100-pcie is not known: its file has no section `area`"),
        (CARD, "area", SPARCH, "a100-pcie: area: the area of a100-pcie is not known: its file has no section `area`"),
        (
            SPARCH,
            "area",
            OTHER_NODE,
            "sparch: area: that of finer is at 20 nm, not 40 nm: give mm2 at 40 nm "
            "(114 if areas shrink with the square of the node)",
        ),
        (SPARCH, "area", 2, "sparch: area: accelerator: multiplier_groups: 2 x 0.25 is less than one"),
        (SPARCH, "area", 15, "sparch: area: 15 cannot be reached with whole numbers of parts, the nearest is 12.9678"),
        (SPARCH, "area", -1, "sparch: area: -1: must be a machine, or a number above zero"),
        (SPARCH, "area", True, "sparch: area: True: must be a machine, or a number above zero"),
        (SPARCH, "area", float("nan"), "sparch: area: nan: must be a machine, or a number above zero"),
        (SPARCH, "area", float("inf"), "sparch: area: inf: must be a machine, or a number above zero"),
        (SPARCH, "area", 1e14, "sparch: area: 1e+14 cannot be reached with whole numbers of parts, the nearest is "),
        (SPARCH, "macs_per_cycle", 0, "sparch: macs_per_cycle: 0: must be a machine, or a number above zero"),
        (
            CARD,
            "macs_per_cycle",
            SPARCH,
            "a100-pcie: macs_per_cycle: kernels.gemm: sms: 108 x 0.00231481 is less than one",
        ),
        (
            load_machine("titan-x"),
            "macs_per_cycle",
            TENSOR_CORE,
            "titan-x: macs_per_cycle: number type int8 is not offered by titan-x (it has fp32, fp64, fp16, bf16)",
        ),
        (
            SPARCH,
            "macs_per_cycle",
            10**9,
            "sparch: macs_per_cycle: accelerator.unpack_values_per_cycle: 1000000000: must be less than or equal to",
        ),
        (
            TENSOR_CORE,
            "macs_per_cycle",
            640,
            "sparseloop-tc: macs_per_cycle: 640 cannot be reached with whole numbers of parts, the nearest is 512",
        ),
        (SPARCH, "bandwidth", "fast", "sparch: bandwidth: 'fast': a whole number of B/s is needed, or one with a unit"),
        (SPARCH, "bandwidth", 0, "sparch: bandwidth: dram.bandwidth_bytes_per_s: 0: must be greater than 0"),
        (SPARCH, "flops", 1, "unknown resource 'flops': known: area, bandwidth, macs_per_cycle"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_is_refused_in_words(machine, resource, target, message):
    with pytest.raises(InputError) as caught:
        scaled_to(machine, resource, target)
    assert str(caught.value).splitlines()[0].startswith(message)


def test_unknown_resources_have_no_amount():
    with pytest.raises(UnknownNameError, match="unknown resource 'flops'"):
        amount_of(SPARCH, "flops")
