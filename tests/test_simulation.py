"""The pipeline, its bounds and its bottlenecks."""

from dataclasses import replace

import numpy as np
import pytest

from sparsesim.accelerators import candidates_of
from sparsesim.dtypes import dtype_by_name
from sparsesim.engines import run_schedule
from sparsesim.errors import InputError, PatternError, UnknownNameError
from sparsesim.formats import format_by_name
from sparsesim.hardware import load_energy_table, load_machine, machine_names
from sparsesim.limits import memory_budget
from sparsesim.matmul import MatmulOp, Operand, matmul_op
from sparsesim.results import Labels
from sparsesim.simulation import Simulator, fastest_run, reprice, simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix, read_matrix
from sparsesim.tensors.generators import drawn_nm, uniform
from sparsesim.work import Work
from tests.machines import KERNELS, alone, first_taken, held

TABLE = load_energy_table("horowitz-45nm")


CARD = load_machine("a100-pcie")


def gemm(m, n, k, form="dense"):
    weights = drawn_nm(n, k, 2, 4, 0) if form == "nm-2:4" else DenseMatrix((n, k))
    return matmul_op(weights, DenseMatrix((k, m)), form, "fp16")


def op_of(name, m, n, k):
    """A product in the format that the kernel is made for, with a single column where it takes no more."""
    form, dtype = first_taken(name), alone(name).default_dtype
    a = held(uniform(n, k, 0.05, 0), form)
    op = matmul_op(a, DenseMatrix((k, m)), form, dtype)
    return op if alone(name).unit.reads(op) else matmul_op(a, DenseMatrix((k, 1)), form, dtype)


@pytest.mark.parametrize("name", KERNELS)
def test_every_engine_agrees_with_the_definition(name):
    machine, op = alone(name), op_of(name, 48, 200, 120)
    cycles = {engine: simulate(op, machine, TABLE, engine=engine).cycles for engine in ("fast", "event")}
    assert cycles["fast"] == cycles["event"]
    low, high = (simulate(op, machine, TABLE, engine=bound).cycles for bound in ("lower-bound", "upper-bound"))
    assert low <= cycles["fast"] <= high


@pytest.mark.parametrize("name", KERNELS)
def test_no_machine_beats_its_own_roofs(name):
    machine = alone(name)
    result = simulate(op_of(name, 64, 512, 256), machine, TABLE)
    assert 0 < result.utilisation <= 1
    assert 0 < result.bandwidth_utilisation <= 1
    assert result.seconds >= result.cycles / machine.clock_hz * (1 - 1e-12)
    assert result.cycles >= machine.launch_cycles


def test_small_large_and_huge_gemms_have_different_bottlenecks():
    bottlenecks = [simulate(gemm(*shape), CARD, TABLE).bottleneck for shape in ((1, 64, 64), (1, 8192, 8192))]
    assert bottlenecks == ["launch", "memory"]
    assert simulate(gemm(8192, 8192, 8192), CARD, TABLE).bottleneck == "power"


def test_2to4_gains_less_than_2x_even_where_it_gains_most():
    dense, sparse = (simulate(gemm(*[4096] * 3, form), CARD, TABLE) for form in ("dense", "nm-2:4"))
    assert (dense.kernel, sparse.kernel) == ("gemm", "gemm-2:4")
    assert 1.3 < dense.seconds / sparse.seconds < 2


def test_beyond_4096_power_and_the_l2_eat_up_what_2to4_gains():
    """Measured on an A100 PCIe: 1.8 at 4096, 1.5 at 8192, 1.2 at 16384."""
    sides = (4096, 8192, 16384)
    slow, fast = ([simulate(gemm(*[side] * 3, form), CARD, TABLE) for side in sides] for form in ("dense", "nm-2:4"))
    ratios = [one.seconds / other.seconds for one, other in zip(slow, fast, strict=True)]
    assert ratios == pytest.approx([1.8, 1.5, 1.2], rel=0.15)
    assert ratios == sorted(ratios, reverse=True)
    assert [result.bottleneck for result in fast[1:]] == ["power", "power"]
    traffic = [result.dram_bytes["A"] / result.a_bytes for result in fast]
    assert traffic[-1] > 4 * traffic[0]  # weights are read again for every column of tiles


def test_a_refusal_is_raised_or_kept():
    op = matmul_op(uniform(64, 64, 0.1, 0), DenseMatrix((64, 8)), "nm-2:4", "fp16", name="layer")
    with pytest.raises(PatternError, match="layer: operand A in format nm-2:4: not 2:4"):
        simulate(op, CARD, TABLE)
    (kept,) = Simulator(CARD, TABLE).results([op], [Labels()])
    assert (kept.status, kept.cycles) == ("refused", 0)


def test_an_unknown_engine_is_named():
    with pytest.raises(UnknownNameError, match="unknown engine 'quick'"):
        simulate(gemm(8, 8, 8), CARD, TABLE, engine="quick")


def test_the_same_run_twice_gives_the_same_record():
    machine = load_machine("titan-x")
    op = matmul_op(uniform(300, 200, 0.1, 4), DenseMatrix((200, 16)), "csr", "fp32")
    first, second = (simulate(op, machine, TABLE).flat() for _ in range(2))
    del first["simulation_seconds"], second["simulation_seconds"]
    assert first == second


def test_a_really_pruned_network_runs_through_all_machines(data_dir):
    """LeNet-300-100, pruned to 2 % by dynamic network surgery; 2:4 needs the dense fall-back.

    Most pixels and neurons have no weight left, so what is stored dense is an eighth of the layer.
    """
    from sparsesim.lowering import Lowering
    from sparsesim.networks import load_network
    from sparsesim.pruning import pruner_by_name
    from sparsesim.studies.networks import simulate_network

    network = load_network(data_dir / "nets" / "lenet300100_sparse.npz", input_shape=(1, 28, 28))
    machines = [load_machine(name) for name in machine_names()]
    forms, results = ["dense", "csr", "relative-8"], []
    for machine in machines:
        lowering = Lowering(machine.default_dtype)
        results += simulate_network(network, pruner_by_name("none"), forms, [machine], TABLE, lowering)
    assert {result.status for result in results} == {"ok"}
    first = next(result for result in results if result.format == "csr")
    assert first.a_density == pytest.approx(0.018, abs=0.001)
    for machine in machines:
        by_format = {r.format: r for r in results if r.machine == machine.name and r.layer == first.layer}
        dense, kept = by_format["dense"], (first.m - first.empty_rows) * (first.k - first.empty_columns)
        assert dense.a_bytes == kept * dtype_by_name(dense.dtype).bits // 8
        assert kept < first.m * first.k / 8
        for form in ("csr", "relative-8"):
            found = by_format[form]
            if found.unpacked == "when loaded":
                assert (
                    found.dram_bytes["A"] == by_format["dense" if "to dense" in found.note else "csr"].dram_bytes["A"]
                )
            else:
                assert found.dram_bytes["A"] < dense.dram_bytes["A"]


def test_a_real_graph_runs_on_the_processors(data_dir):
    matrix = read_matrix(data_dir / "matrices" / "wiki-Vote.mtx.gz")
    result = simulate(matmul_op(matrix, matrix, "csr", "fp64"), load_machine("core-i7-5930k"), TABLE)
    assert result.counts["mult_fp64"] == result.macs == 4542805


def grouped(format="csr"):
    """Three groups of 4 x 5 by 5 x 6, done twice: only the second of the five inputs has weights that are not zero."""
    a, b = np.zeros((12, 5), np.float32), np.zeros((15, 6), np.float32)
    a[:, 1] = 1
    b[0], b[1], b[6, :3], b[11, :2] = 1, 1, 1, 1
    stored, dtype = format_by_name(format), dtype_by_name("fp32")
    operands = [Operand(SparseMatrix.from_dense(values), stored, dtype) for values in (a, b)]
    return MatmulOp("layer", *operands, dtype, repeat=2, groups=3)


def test_a_record_says_what_was_done_where_at_which_prices():
    labels = Labels(network="net", pruner="magnitude", sparsity=0.8, weights="trained")
    result = simulate(grouped(), load_machine("core-i7-5930k"), TABLE, labels)
    assert (result.network, result.pruner, result.sparsity, result.weights) == ("net", "magnitude", 0.8, "trained")
    assert (result.layer, result.format, result.dtype) == ("layer", "csr", "fp32")
    assert (result.machine, result.energy_table) == ("core-i7-5930k", "horowitz-45nm")
    assert (result.m, result.n, result.k, result.groups, result.repeat) == (4, 6, 5, 3, 2)
    assert (result.a_nnz, result.a_density, result.b_density) == (12, 12 / 60, 17 / 90)
    assert result.macs == 2 * 4 * (6 + 3 + 2)
    assert (result.status, result.note) == ("ok", "")
    # CSR: 12 values, 12 columns and 13 row pointers, of 32 bits each.
    assert (result.a_metadata_bits, result.a_bytes) == (32 * (12 + 13), 4 * (12 + 12 + 13))
    assert result.simulation_seconds > 0


def test_a_product_on_its_own_is_labelled_so():
    result = simulate(grouped(), load_machine("core-i7-5930k"), TABLE)
    assert (result.network, result.pruner, result.sparsity, result.weights) == ("matrix", "none", 0, "given")


def test_layers_without_weights_bear_the_format_of_the_network():
    assert simulate(grouped("dense"), load_machine("core-i7-5930k"), TABLE, Labels(format="csr")).format == "csr"


def test_what_is_refused_is_still_named():
    op = matmul_op(uniform(64, 64, 0.1, 0), DenseMatrix((64, 8)), "nm-2:4", "fp16", name="layer")
    (kept,) = Simulator(CARD, TABLE).results([op], [Labels(network="net", pruner="magnitude")])
    assert (kept.status, kept.network, kept.pruner, kept.layer) == ("refused", "net", "magnitude", "layer")
    assert (kept.machine, kept.format, kept.m, kept.n, kept.k) == ("a100-pcie", "nm-2:4", 64, 8, 64)
    assert kept.note.startswith("layer: operand A in format nm-2:4: not 2:4")
    figures = ("cycles", "seconds", "macs", "a_bytes", "utilisation", "bandwidth_utilisation", "power_w")
    assert [getattr(kept, name) for name in figures] == [0] * len(figures)
    assert not any(
        (kept.counts, kept.dram_bytes, kept.energy_pj, kept.details, kept.bottleneck, kept.kernel, kept.unpacked)
    )


def test_several_formats_at_once_are_what_each_is_alone():
    machine = load_machine("titan-x")
    ops = [grouped(format) for format in ("csr", "dense", "coo")]
    labels = [Labels(pruner=name) for name in ("one", "two", "three")]
    simulator = Simulator(machine, TABLE)
    assert simulator.results([], []) == []
    together = simulator.results(ops, labels)
    assert [(result.format, result.pruner) for result in together] == [
        ("csr", "one"),
        ("dense", "two"),
        ("coo", "three"),
    ]
    for result, op, label in zip(together, ops, labels, strict=True):
        alone = replace(simulate(op, machine, TABLE, label), simulation_seconds=result.simulation_seconds)
        assert result == alone == replace(simulator.result(op, label), simulation_seconds=result.simulation_seconds)
    assert len({result.dram_bytes["A"] for result in together}) == 3


@pytest.mark.parametrize("machine", ["a100-pcie", "sparch"])
def test_equal_operations_are_played_once_and_reported_each(machine, monkeypatch):
    """Layers that differ in their names alone; an outer product depends on positions and is played each time."""
    machine, played = load_machine(machine), []
    plans = Work.plans
    monkeypatch.setattr(Work, "plans", lambda *given: played.append(1) or plans(*given))
    simulator = Simulator(machine, TABLE)
    ops = [
        matmul_op(uniform(8, 8, 0.5, 0), DenseMatrix((8, 8)), "coo", machine.default_dtype, name=name)
        for name in ("one", "two")
    ]
    first, second = (simulator.result(op) for op in ops)
    assert (first.layer, second.layer) == ("one", "two")
    assert (first.cycles, first.energy_pj) == (second.cycles, second.energy_pj)
    assert len(played) == (2 if machine.name == "sparch" else 1)


def test_the_fastest_of_the_plans_is_taken():
    """A product of few tiles and a long K: cut along K it fills the card; one plan alone would not."""
    machine = CARD.only("gemm")
    op = matmul_op(DenseMatrix((128, 32768)), DenseMatrix((32768, 128)), "dense", "fp16")
    plans = list(candidates_of(machine.unit, op, None))
    times = [run_schedule(plan, machine).cycles / machine.clock_hz for plan in plans]
    assert fastest_run(op, machine).seconds == min(times) < max(times)


def test_reprice_names_the_table_that_it_used():
    result = simulate(grouped(), load_machine("core-i7-5930k"), TABLE)
    other = reprice(result, load_energy_table("gpu-7nm"))
    assert other.energy_table == "gpu-7nm"
    assert other.energy_pj == simulate(grouped(), load_machine("core-i7-5930k"), load_energy_table("gpu-7nm")).energy_pj
    assert other.energy_pj["total"] != result.energy_pj["total"]


@pytest.mark.parametrize("name", ["titan-x", "a100-pcie", "sparch"])
def test_another_table_leaves_idle_power_and_replaces_a_measured_one(name):
    op = matmul_op(DenseMatrix((64, 64)), DenseMatrix((64, 8)), "dense", "fp32")
    own, table = simulate(op, load_machine(name)), load_energy_table("gpu-7nm")
    other = reprice(own, table)
    assert other.energy_pj == simulate(op, load_machine(name), table).energy_pj
    assert (other.energy_table, other.energy_pj["measured"]) == ("gpu-7nm", 0)
    assert other.energy_pj["static"] == own.energy_pj["static"] == pytest.approx((own.idle_w or 0) * own.seconds * 1e12)
    assert (own.idle_w is None) == (name == "sparch")


def test_more_macs_than_can_be_counted_are_refused():
    dense = DenseMatrix((2**28, 1)), DenseMatrix((1, 2**28))
    op = matmul_op(*dense, "dense", "fp32", name="wide")
    assert simulate(op, "core-i7-5930k").macs == 2**56
    message = r"^wide: MACs of all repetitions: 7\.2e\+16 x 2 is more than the 7\.2e\+16 that can be counted$"
    with pytest.raises(InputError, match=message):
        simulate(replace(op, repeat=2), "core-i7-5930k")


@pytest.mark.parametrize("machine", ["a100-pcie", "sparseloop-tc"])
def test_tiles_that_nobody_would_wait_for_are_refused(machine):
    op = matmul_op(DenseMatrix((2**19, 1)), DenseMatrix((1, 2**19)), "dense", "int8", name="wide")
    with pytest.raises(InputError, match=r"^wide: M x N is 524288 x 524288, and .* at most 137,438,953,472 elements"):
        simulate(op, machine)


def test_tiles_that_do_not_fit_the_memory_are_refused_before_it_is_taken():
    op = matmul_op(DenseMatrix((2**12, 1)), DenseMatrix((1, 2**12)), "dense", "int8", name="wide")
    with memory_budget(10**4), pytest.raises(InputError, match=r"^wide: \d+ x \d+ tiles needs .* of memory"):
        simulate(op, "sparseloop-tc")


def test_a_failed_allocation_names_the_operation(monkeypatch):
    def no_room(*_):
        raise MemoryError

    monkeypatch.setattr(Work, "plans", no_room)
    op = matmul_op(DenseMatrix((2, 3)), DenseMatrix((3, 5)), "dense", "fp32", name="fc1")
    with pytest.raises(
        InputError, match=r"^fc1: groups x M x N x K of 1 x 2 x 5 x 3 on core-i7-5930k need more memory"
    ):
        simulate(op, "core-i7-5930k")
