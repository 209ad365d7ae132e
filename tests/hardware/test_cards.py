"""GPU cards against what their makers publish: peak rate = 2 x multiply-accumulates per cycle x clock."""

import pytest

from tests.machines import KERNELS, alone, load_machine

# TFLOP/s or TOP/s, dense, with fp32 accumulation. A pair gives the clock in MHz of a peak that is not published at the
# clock of the tensor cores (H100 whitepaper: CUDA cores and fp64 run faster).
AMPERE = {"fp16": 312, "bf16": 312, "tf32": 156, "int8": 624, "int4": 1248, "fp32": 19.5, "fp64": 19.5}
HOPPER_SXM = {"fp16": 989.4, "bf16": 989.4, "tf32": 494.7, "fp8": 1978.9, "int8": 1978.9}
HOPPER_SXM |= {"fp32": (66.9, 1980), "fp64": (66.9, 1980)}
PUBLISHED = {
    "v100": {"fp16": 125, "fp32": 15.7, "fp64": 7.8},
    "a100-pcie": AMPERE,
    "a100-sxm": AMPERE,
    "a100-sxm-40gb": AMPERE,
    "h100-pcie": {"fp16": 756, "bf16": 756, "tf32": 378, "fp8": 1513, "int8": 1513}
    | {"fp32": (51.2, 1755), "fp64": (51.2, 1755)},
    "h100-sxm": HOPPER_SXM,
    "h200": HOPPER_SXM,
    "rtx-3090": {"fp16": 71, "bf16": 71, "tf32": 35.6, "int8": 284, "int4": 568, "fp32": 35.6, "fp64": 0.556},
    "rtx-4090": {"fp16": 165.2, "bf16": 165.2, "tf32": 82.6, "fp8": 330.3, "int8": 660.6, "int4": 1321.2}
    | {"fp32": 82.6, "fp64": 1.29},
    "v100-pcie": {"fp16": 112, "fp32": 14, "fp64": 7},
    "t4": {"fp16": 65, "int8": 130, "int4": 260, "fp32": 8.1, "fp64": 0.254},
    "l4": {
        "fp16": 121,
        "bf16": 121,
        "tf32": 60.5,
        "fp8": 242.5,
        "int8": 242.5,
        "int4": 485,
        "fp32": 30.3,
        "fp64": 0.473,
    },
}
SPARSE = {
    "a100-pcie": {"fp16": 624, "bf16": 624, "int8": 1248},
    "a100-sxm": {"fp16": 624, "bf16": 624, "int8": 1248},
    "a100-sxm-40gb": {"fp16": 624, "bf16": 624, "int8": 1248},
    "h100-pcie": {"fp16": 1513, "bf16": 1513, "fp8": 3026, "int8": 3026},
    "h100-sxm": {"fp16": 1979, "bf16": 1979, "fp8": 3958, "int8": 3958},
    "h200": {"fp16": 1979, "bf16": 1979, "fp8": 3958, "int8": 3958},
    "rtx-3090": {"fp16": 142, "bf16": 142, "int8": 568},
    "rtx-4090": {"fp16": 330.4, "bf16": 330.4, "fp8": 660.6, "int8": 1321.2},
    "l4": {"fp16": 242, "bf16": 242, "fp8": 485, "int8": 485},
}
MEMORY_AND_POWER = {
    "v100": (900, 300, 6),
    "a100-pcie": (1935, 300, 40),
    "a100-sxm": (2039, 400, 40),
    "a100-sxm-40gb": (1555, 400, 40),
    "h100-pcie": (2000, 350, 50),
    "h100-sxm": (3350, 700, 50),
    "h200": (4800, 700, 50),
    "rtx-3090": (936, 350, 6),
    "rtx-4090": (1008, 450, 72),
    "v100-pcie": (900, 250, 6),
    "t4": (320, 70, 4),
    "l4": (300, 72, 48),
}
NOT_PUBLISHED = {("v100", "int8"), ("v100-pcie", "int8")}


def peak_tera_ops(machine, dtype, clock_hz=None, kernel="gemm"):
    return 2 * machine.only(kernel).unit.macs_per_cycle[dtype] * (clock_hz or machine.clock_hz) / 1e12


@pytest.mark.parametrize("name", PUBLISHED)
def test_dense_peaks_are_the_published_ones(name):
    machine = load_machine(name)
    listed = {(name, dtype) for dtype in machine.only("gemm").unit.macs_per_cycle} - NOT_PUBLISHED
    assert {dtype for _, dtype in listed} == set(PUBLISHED[name])
    for dtype, published in PUBLISHED[name].items():
        tera_ops, megahertz = published if isinstance(published, tuple) else (published, machine.clock_hz / 1e6)
        assert peak_tera_ops(machine, dtype, megahertz * 1e6) == pytest.approx(tera_ops, rel=0.01)


def test_volta_multiplies_four_bytes_in_a_cuda_core():
    rates = load_machine("v100").unit.macs_per_cycle
    assert rates["int8"] == 4 * rates["fp32"]


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_peaks_are_twice_what_the_multipliers_do(name):
    machine = load_machine(name)
    for dtype, published in SPARSE[name].items():
        assert 2 * peak_tera_ops(machine, dtype, kernel="gemm-2:4") == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize("name", MEMORY_AND_POWER)
def test_bandwidth_power_and_l2_are_the_published_ones(name):
    machine = load_machine(name)
    gigabytes, watts, megabytes = MEMORY_AND_POWER[name]
    assert machine.dram.bandwidth_bytes_per_s == gigabytes * 10**9
    assert machine.power.cap_w == watts
    assert machine.only("gemm").unit.l2.size_bytes == megabytes << 20


@pytest.mark.parametrize("name", SPARSE)
def test_kernels_of_a_card_have_its_multiprocessors_and_its_l2(name):
    card = load_machine(name)
    dense, sparse = card.only("gemm").unit, card.only("gemm-2:4").unit
    assert sparse.macs_per_cycle.items() <= dense.macs_per_cycle.items()
    assert "fp32" not in sparse.macs_per_cycle
    for kernel in card.library.values():
        assert kernel.unit.sms == dense.sms
        if kernel.unit.kind == "gather_spmv":  # it streams from DRAM, at the rate of the CUDA cores
            continue
        assert kernel.unit.l2 == dense.l2
        shared = kernel.unit.macs_per_cycle.keys() & dense.macs_per_cycle.keys() - {"fp64"}  # on CUDA cores or not
        assert {dtype: kernel.unit.macs_per_cycle[dtype] for dtype in shared} == {
            dtype: dense.macs_per_cycle[dtype] for dtype in shared
        }


def test_every_shipped_card_is_held_to_its_datasheet():
    cards = {name.partition("/")[0] for name in KERNELS if alone(name).unit.kind == "tensor_core"}
    unchecked = cards - set(PUBLISHED)
    if unchecked:
        pytest.fail(
            f"no datasheet to hold {', '.join(sorted(unchecked))} against: "
            "add its peaks to PUBLISHED and MEMORY_AND_POWER, and to SPARSE, in tests/hardware/test_cards.py"
        )
    assert cards == set(PUBLISHED) == set(MEMORY_AND_POWER)
    assert {name for name in cards if "gemm-2:4" in load_machine(name).library} == set(SPARSE)
