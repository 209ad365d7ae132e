"""Entries of DEVIATIONS.md on the tensor cores of GPUs, with the effect that each states."""

import pytest

from sparsesim.engines import run_schedule
from sparsesim.hardware import load_machine
from sparsesim.lowering import lower
from sparsesim.matmul import matmul_op
from sparsesim.networks import Layer, Network
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix
from sparsesim.tensors.generators import uniform
from sparsesim.validation.tensor_core.runs import time_us
from tests.accelerators.made_up import small_card


def card(**changes):
    """108 SMs with the L2 of an A100, tiles of 128 x 128, nothing but products and stores that takes time."""
    machine = small_card(sms=108, macs_per_cycle={"fp16": 108 * 1024}, **changes)
    return machine.model_copy(update={"power": None, "launch_ns": 0.0, "launch_interval_ns": 0.0})


def gemm(m, n, k):
    return matmul_op(DenseMatrix((m, k)), DenseMatrix((k, n)), "dense", "fp16")


def test_all_sms_work_in_step():
    unit = card().unit
    busy = {
        tiles: int(unit.plan(gemm(128 * tiles, 128, 1024)).phases[0].compute_cycles.sum())
        for tiles in (1, 108, 109, 216)
    }
    assert busy[1] == busy[108]
    assert busy[109] == busy[216] == 2 * busy[108]
    fetched = unit.plan(gemm(128 * 108, 128, 1024)).phases[0].fetch_bytes
    assert len(fetched) > 1
    assert fetched.max() - fetched.min() <= 1


def test_the_l2_holds_panels_in_three_quarters_of_its_size():
    """Four panels each of A and B, 256 KiB a panel, walked by one SM: all eight stay in 3/4 of the L2, or not."""
    panels, panel = 4, 128 * 1024 * 2
    op = gemm(128 * panels, 128 * panels, 1024)

    def moved(l2_bytes):
        unit = card(l2={"size_bytes": l2_bytes}).with_accelerator(sms=1).unit
        return [sum(unit.plan(op).dram_bytes[tensor] for tensor in "AB") for _ in range(2)]

    enough = -(-2 * panels * panel * 4 // 3)
    assert moved(enough) == [2 * panels * panel] * 2
    short, again = moved(enough - 2)
    assert short == again > 2 * panels * panel
    assert short % panel == 0


def test_warm_runs():
    machine = card()
    l2 = machine.unit.l2.size_bytes
    moved = {}
    for share in (0.4, 0.5, 0.625, 0.75, 1.0):
        k = round(share * l2 / (2 * 1024 * 2))
        states = [machine.benchmarked(1, warm=warm) for warm in (False, True)]
        cold, warm = (state.unit.plan(gemm(1024, 1024, k)) for state in states)
        moved[share] = sum(warm.dram_bytes.values()) / sum(cold.dram_bytes.values())
    assert moved == {0.4: 0, 0.5: 0, 0.625: pytest.approx(0.5, abs=0.01), 0.75: 1, 1.0: 1}
    network = Network(
        name="one",
        layers=(Layer(name="scores", kind="matmul", m=64, n=64, k=64),),
        weights_origin="imported",
        source="made up",
    )
    (op,) = lower(network)
    assert simulate(op, machine, machine.energy_table).dram_bytes["A"] == 64 * 64 * 2


def test_launches_follow_each_other_at_an_interval():
    machine = card().model_copy(update={"launch_interval_ns": 5000.0, "launch_ns": 1000.0})
    times = [simulate(gemm(side, side, side), machine, machine.energy_table).seconds for side in (1, 16, 256, 4096)]
    assert times[:3] == [pytest.approx(5e-6)] * 3
    without = machine.model_copy(update={"launch_interval_ns": 0.0})
    assert simulate(gemm(256, 256, 256), without, machine.energy_table).seconds < 5e-6
    assert times[3] == simulate(gemm(4096, 4096, 4096), without, machine.energy_table).seconds > 5e-6


def test_the_library_picks_the_fastest_of_all_plans():
    tiles = ((128, 128, 32), (64, 64, 32), (256, 128, 32))
    quick = small_card(sms=4, tiles=tiles, splits=(1, 2, 4))
    for bandwidth in (10**9, 10**10, 10**12):
        dram = quick.dram.model_copy(update={"bandwidth_bytes_per_s": bandwidth})
        machine = quick.model_copy(update={"dram": dram, "power": None})
        op = gemm(640, 640, 3000)
        plans = [run_schedule(plan, machine).cycles for plan in machine.unit.candidates(op)]
        assert len(plans) > 1
        assert simulate(op, machine, machine.energy_table).cycles == min(plans)


def test_formats_without_a_kernel_run_dense():
    machine = load_machine("a100-pcie")
    dense = simulate(gemm(512, 512, 1024), machine, machine.energy_table)
    pruned, b = uniform(512, 1024, 0.5, seed=0), DenseMatrix((1024, 512))
    for name in ("bitmap", "rle-5", "coo", "bsr-4x4", "relative-4"):
        found = simulate(matmul_op(pruned, b, name, "fp16"), machine, machine.energy_table)
        assert (found.kernel, found.unpacked) == ("gemm", "when loaded")
        assert (found.cycles, found.dram_bytes, found.a_bytes) == (dense.cycles, dense.dram_bytes, dense.a_bytes)
        assert found.energy_pj == dense.energy_pj
    csr = simulate(matmul_op(pruned, b, "csr", "fp16"), machine, machine.energy_table)
    assert (csr.kernel, csr.unpacked) == ("spmm", "")
    assert csr.seconds > dense.seconds


def test_spmm_kernels_of_the_a100_are_those_of_one_card():
    cards = [load_machine(name).library for name in ("a100-pcie", "a100-sxm", "a100-sxm-40gb")]
    for kernel in ("spmm", "vector-spmm"):
        assert len({repr(card[kernel].unit) for card in cards}) == 1
    assert "no times measured" in cards[0]["spmm"].source


def test_int8_splits_k(opened):
    point = (
        opened["tensor-core"]
        .points()
        .set_index(["card", "type", "m_tokens", "n", "k"])
        .loc["A100", "INT8", 64, 2048, 8192]
    )
    assert point["dense_error_pct"] == pytest.approx(-52, abs=1)
    assert point["sparse_error_pct"] == pytest.approx(-48, abs=1)
    assert abs(point["ratio_error_pct"]) < 8


def test_the_cap_holds_at_once(opened):
    """The energy of a product under the cap is the cap's less that of the card doing nothing, however short it is."""
    card = load_machine("t4").only("gemm")
    shape = (1024, 2560, 2560)
    seconds, limit = time_us(*shape, "fp32", card, sparse=False, runs=None)
    uncapped, _ = time_us(*shape, "fp32", card.model_copy(update={"power": None}), sparse=False, runs=None)
    assert limit == "power"
    assert seconds > 1.8 * uncapped
    (measured,) = [
        each.line.latency_us
        for each in opened["fp32-linear"].comparisons
        if (each.machine, each.line.m, each.line.n, each.line.k) == ("t4", *shape)
    ]
    flop = 2 * 1024 * 2560 * 2560 / 1e6
    assert flop / measured == pytest.approx(6.9, abs=0.05)
    assert flop / seconds == pytest.approx(3.8, abs=0.05)


def test_time_of_the_host_is_left_out(opened):
    beyond = {figures["card"]: figures["host_us"] for figures in opened["fp32-linear"].note_figures()["host"]}
    for name in ("a100-pcie", "v100-pcie"):
        assert beyond[name] == pytest.approx(50, abs=8)
