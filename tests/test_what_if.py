"""The bottleneck is what pays: a run gets shorter by doubling the resource that it names, more than by any other."""

from collections.abc import Mapping

import pytest

from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, read_matrix
from sparsesim.tensors.generators import nm, uniform

TABLE = load_energy_table("horowitz-45nm")


def scaled(factor, *fields):
    """The machine with these fields of its unit times the factor; a field may hold a figure per number type."""

    def change(machine):
        given = {name: getattr(machine.unit, name) for name in fields}
        changed = {
            name: {key: each * factor for key, each in value.items()} if isinstance(value, Mapping) else value * factor
            for name, value in given.items()
        }
        return machine.with_accelerator(**changed)

    return change


def dram(**factors):
    def change(machine):
        fields = {
            name: type(getattr(machine.dram, name))(getattr(machine.dram, name) * by) for name, by in factors.items()
        }
        return machine.model_copy(update={"dram": machine.dram.model_copy(update=fields)})

    return change


def launched(machine):
    times = {name: getattr(machine, name) / 2 for name in ("launch_ns", "launch_interval_ns")}
    return machine.model_copy(update=times)


def capped(machine):
    power = machine.power and machine.power.model_copy(update={"cap_w": 2 * machine.power.cap_w})
    return machine.model_copy(update={"power": power})


MEMORY = {"memory": dram(bandwidth_bytes_per_s=2), "latency": dram(latency_ns=0.5)}
TENSOR_CORE = MEMORY | {
    "math": scaled(2, "macs_per_cycle"),
    "L2": scaled(2, "l2_bytes_per_cycle"),
    "k-loop latency": scaled(0.5, "k_step_cycles"),
    "prologue": scaled(0.5, "round_cycles"),
    "reduction": scaled(0.5, "split_cycles"),
    "launch": launched,
    "power": capped,
}
SPARCH = MEMORY | {
    "multipliers": scaled(2, "macs_per_cycle", "multiplier_groups"),
    "merger": scaled(2, "merger_elements_per_cycle"),
    "B fetch": scaled(2, "outstanding_lines"),
    "writer": scaled(2, "merge_ways"),  # fewer rounds, and so fewer partial results to wait for
    "unpacking": scaled(2, "unpack_values_per_cycle"),
}
SPMM = MEMORY | {
    "multipliers": scaled(2, "macs_per_cycle", "cuda_macs_per_cycle"),
    "L1": scaled(2, "l1_bytes_per_cycle"),
    "L2": scaled(2, "l2_bytes_per_cycle"),
    "issue": scaled(0.5, "issue_cycles", "issue_cycles_per_row"),
    "warp latency": scaled(0.5, "latency_cycles"),
    "launch": launched,
}
MAC_ARRAY = MEMORY | {"shared memory": scaled(2, "shared_bytes_per_cycle")}


def assert_pays(machine, op, resource, choices):
    """Its bottleneck is `resource`, and nothing shortens the run as much as doubling that does."""
    before = simulate(op, machine, TABLE)
    after = {name: simulate(op, change(machine), TABLE).seconds for name, change in choices.items()}
    assert before.bottleneck == resource
    assert min(after, key=lambda name: after[name]) == resource
    assert after[resource] < before.seconds


def gemm(m, n, k, dtype="fp16"):
    return matmul_op(DenseMatrix((m, k)), DenseMatrix((k, n)), "dense", dtype)


@pytest.mark.parametrize(
    ("card", "shape", "resource"),
    [
        ("a100-pcie", (8192, 8192, 8192), "power"),
        ("a100-pcie", (4096, 16, 4096), "memory"),
        ("a100-pcie", (3072, 128, 768), "k-loop latency"),
        ("a100-pcie", (64, 64, 64), "launch"),
        ("h100-sxm", (8192, 8192, 8192), "math"),
        ("h100-sxm", (128, 128, 8192), "reduction"),
        ("v100", (4096, 4096, 4096), "math"),
    ],
)
def test_products_on_real_cards(card, shape, resource):
    machine = load_machine(card).only("gemm")
    choices = {name: change for name, change in TENSOR_CORE.items() if name != "power" or machine.power}
    assert_pays(machine, gemm(*shape), resource, choices)


ONE_TILE = {"tiles": ((128, 128, 32),), "splits": (1,)}


@pytest.mark.parametrize(
    ("changes", "resource"),
    [
        ({}, "math"),
        ({"l2_bytes_per_cycle": 8}, "L2"),
        ({"k_step_cycles": {"other": 9000.0}}, "k-loop latency"),
        ({"round_cycles": 90000.0}, "prologue"),
    ],
)
def test_regimes_of_one_tile(changes, resource):
    """27 x 32 tiles, 8 for every SM: no wave has a tail, and no other tile or split could take over."""
    card = load_machine("a100-pcie").only("gemm").with_accelerator(**ONE_TILE, **changes)
    card = card.model_copy(update={"power": None})
    op = gemm(27 * 128, 32 * 128, 2048)
    assert "wave tail" not in simulate(op, card, TABLE).time_s
    assert_pays(card, op, resource, {name: each for name, each in TENSOR_CORE.items() if name != "power"})


def test_a_wave_tail_is_what_one_more_sm_saves():
    """109 tiles on 108 SMs take two waves, and 217 three."""
    ideal = {"k_step_cycles": {"other": 0.0}, "round_cycles": 0.0}
    card = load_machine("a100-pcie").only("gemm").with_accelerator(**ONE_TILE, **ideal)
    card = dram(bandwidth_bytes_per_s=100)(card.model_copy(update={"power": None}))
    for waves in (2, 3):
        op = gemm(128 * (108 * (waves - 1) + 1), 128, 8192)
        before, after = (simulate(op, machine, TABLE) for machine in (card, card.with_accelerator(sms=109)))
        assert before.details["waves"] == after.details["waves"] + 1 == waves
        computing = sum(before.time_s[name] for name in ("math", "wave tail", "prologue"))
        assert before.time_s["wave tail"] == pytest.approx(computing * 107 / (108 * waves), rel=1e-3)
        # The rate of all SMs together stays the same, so each of the 109 is slower by a 109th.
        assert before.seconds - after.seconds == pytest.approx(before.time_s["wave tail"], rel=0.05)


def test_more_multipliers_show_that_the_merger_is_next(data_dir):
    """SpArch on facebook: 8 times the multipliers save 1.4 %, because the merger takes almost as long."""
    matrix = read_matrix(data_dir / "matrices" / "facebook.mtx.gz")
    op, sparch = matmul_op(matrix, matrix, "csr", "fp64"), load_machine("sparch")
    more = scaled(8, "macs_per_cycle")(sparch)
    before, after = simulate(op, sparch, TABLE), simulate(op, more, TABLE)
    assert before.bottleneck == "multipliers"
    assert before.time_s["merger"] > 0.3 * before.seconds
    assert after.seconds > 0.98 * before.seconds
    assert after.time_s["merger"] > 0.9 * after.seconds
    assert_pays(more, op, "merger", SPARCH)
    wider = scaled(2, "merger_elements_per_cycle")(more)
    assert simulate(op, wider, TABLE).seconds < 0.56 * before.seconds


SLOW_ANSWERS = dram(bandwidth_bytes_per_s=8, latency_ns=30)


@pytest.mark.parametrize(
    ("matrix", "change", "resource"),
    [
        (uniform(300, 300, 0.2, 1), scaled(8, "merger_elements_per_cycle"), "multipliers"),
        (uniform(300, 300, 0.2, 1), scaled(8, "macs_per_cycle"), "merger"),
        (uniform(2000, 2000, 0.002, 1), scaled(8, "macs_per_cycle"), "memory"),
        (uniform(2000, 2000, 0.002, 1), SLOW_ANSWERS, "B fetch"),
    ],
)
def test_sparch(matrix, change, resource):
    choices = {name: each for name, each in SPARCH.items() if name != "latency"}
    assert_pays(change(load_machine("sparch")), matmul_op(matrix, matrix, "csr", "fp64"), resource, choices)


def test_sparch_waits_for_partial_results_with_a_narrow_tree():
    matrix = uniform(60, 60, 0.1, 2)
    machine = dram(latency_ns=20)(load_machine("sparch").with_accelerator(merge_ways=2))
    assert_pays(machine, matmul_op(matrix, matrix, "csr", "fp64"), "writer", SPARCH)


def test_sparch_unpacks_what_it_does_not_read():
    op = matmul_op(uniform(600, 600, 0.01, 1), DenseMatrix((600, 4)), "dense", "fp16")
    assert_pays(load_machine("sparch"), op, "unpacking", SPARCH)


@pytest.mark.parametrize(("kernel", "format", "resource"), [("spmm", "csr", "L2"), ("vector-spmm", "bsr-8x1", "issue")])
def test_spmm_kernels(kernel, format, resource):
    op = matmul_op(uniform(2048, 2048, 0.1, 1), DenseMatrix((2048, 256)), format, "fp16")
    assert_pays(load_machine("a100-sxm").only(kernel), op, resource, SPMM)


def test_a_few_blocks_do_not_hide_their_latency():
    op = matmul_op(uniform(432, 4608, 0.2, 1), DenseMatrix((4608, 32)), "csr", "fp16")
    assert_pays(load_machine("a100-sxm").only("spmm"), op, "warp latency", SPMM)


def test_a_mac_array_that_skips_zeros_needs_its_shared_memory_twice():
    op = matmul_op(nm(1024, 1024, 2, 4, 1), DenseMatrix((1024, 16)), "nm-2:4", "int8")
    assert_pays(load_machine("sparseloop-stc").only("gemm-2:4"), op, "shared memory", MAC_ARRAY)


def test_a_capped_run_is_the_power_caps_but_for_its_launch():
    card = load_machine("a100-pcie").only("gemm")
    result = simulate(gemm(8192, 8192, 8192), card, TABLE)
    assert result.seconds > result.cycles / card.clock_hz
    assert result.time_s.keys() == {"power", "launch"}
    assert result.time_s["launch"] == card.launch_cycles / card.clock_hz
    faster = simulate(gemm(8192, 8192, 8192), scaled(2, "macs_per_cycle")(card), TABLE)
    assert faster.seconds == pytest.approx(result.seconds, rel=1e-12)


def test_a_launch_shows_on_a_card_and_not_on_sparch():
    card = load_machine("a100-pcie").only("gemm")
    result = simulate(gemm(64, 64, 64), card, TABLE)
    assert result.time_s["launch"] == card.launch_cycles / card.clock_hz > 0.5 * result.seconds
    assert result.flat()["time_launch_s"] == result.time_s["launch"]
    matrix = uniform(64, 64, 0.1, 1)
    assert "launch" not in simulate(matmul_op(matrix, matrix, "csr", "fp64"), load_machine("sparch"), TABLE).time_s
