import numpy as np
import pytest

from sparsesim.accelerators.gather_spmv import Rows, Traffic
from sparsesim.dtypes import dtype_by_name
from sparsesim.engines import run_schedule
from sparsesim.errors import InputError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.tensors.generators import uniform

KERNELS = {"macko": "gaps-4", "spmv": "csr"}


@pytest.fixture(scope="module", params=["rtx-3090", "rtx-4090"])
def card(request):
    return load_machine(request.param)


def product(a, format, columns=1):
    return matmul_op(a, DenseMatrix((a.shape[1], columns), seed=1), format, "fp16")


def cycles(card, kernel, op):
    machine = card.only(kernel)
    return run_schedule(machine.unit.plan(op), machine).cycles


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_product_is_that_of_numpy(card, kernel):
    random = np.random.default_rng(2)
    a = SparseMatrix.from_dense(random.standard_normal((70, 900)) * (random.random((70, 900)) < 0.2))
    op = product(a, KERNELS[kernel])
    expected = a.to_array().astype(np.float64) @ op.b.tensor.to_array()
    np.testing.assert_allclose(card.only(kernel).unit.execute(op), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kernel", KERNELS)
def test_one_vector_runs_the_kernel_and_two_run_dense(card, kernel):
    a, format = uniform(256, 512, 0.2), KERNELS[kernel]
    table = load_energy_table("horowitz-45nm")
    assert simulate(product(a, format), card, table).kernel == kernel
    wide = simulate(product(a, format, 2), card, table)
    assert (wide.kernel, wide.unpacked) == ("gemm", "when loaded")
    assert wide.seconds == simulate(product(DenseMatrix(a.shape), "dense", 2), card, table).seconds


def test_weights_are_read_once_at_two_and_a_half_bytes_per_stored_entry(card):
    a = uniform(640, 4096, 0.1)
    schedule = card.only("macko").unit.plan(product(a, "gaps-4"))
    entries = schedule.details["entries"]
    assert schedule.dram_bytes["A"] == -(-5 * entries // 2) + 4 * 641
    assert schedule.dram_bytes["B"] == 2 * 4096
    assert schedule.dram_bytes["C"] == 2 * 640
    # Expected on a uniform mask: p / (1 - (1 - p)**16) entries per weight.
    assert entries == pytest.approx(640 * 4096 * 0.1 / (1 - 0.9**16), rel=0.01)
    assert schedule.actions["mult_fp16"] == entries > a.nnz


def test_gaps_need_a_rate_of_unpacking(card):
    op = product(uniform(64, 64, 0.2), "gaps-4")
    unit = card.only("macko").unit
    assert unit.reads(op)
    assert not unit.model_copy(update={"unpack_values_per_cycle": None}).reads(op)
    assert not card.only("spmv").unit.reads(op)


def test_a_slow_decoder_costs_time(card):
    """At a fiftieth of the rate unpacking takes longer than reading."""
    op = product(uniform(4096, 4096, 0.5), "gaps-4")
    macko = card.only("macko")
    slow = macko.with_accelerator(unpack_values_per_cycle=macko.unit.unpack_values_per_cycle / 50)
    assert cycles(slow, "macko", op) > 3 * cycles(card, "macko", op)


def test_the_time_of_a_row_to_itself_is_that_of_its_longest_row(card):
    """One full row among sparse ones: its warp goes on alone, step by step."""
    even = uniform(4096, 32768, 0.01)
    mask = np.zeros((1, 32768), np.bool_)
    mask[0] = True
    uneven = SparseMatrix.from_mask(np.vstack([mask, even.to_array()[1:] != 0]))
    extra = cycles(card, "macko", product(uneven, "gaps-4")) - cycles(card, "macko", product(even, "gaps-4"))
    steps = 32768 // 256 - 4  # the others take about four
    assert extra > 0.7 * steps * card.only("macko").unit.latency_cycles


def test_conflicts_grow_with_the_square_of_the_row(card):
    """The same entries in rows four times as long take about four times as long, if they conflict at all."""
    unit, machine = card.only("spmv").unit, card.only("spmv")
    dtype, traffic = dtype_by_name("fp16"), Traffic(6 * 2**24, 2**13, 2**12)

    def time(rows, length):
        counts = Rows(np.full(rows, length), np.zeros(rows, np.int64))
        return run_schedule(unit.schedule(counts, traffic, dtype), machine).cycles - machine.launch_cycles

    length = round(2 * unit.conflict_growth * unit.conflict_row)
    assert time(64, 4 * length) / time(256, length) == pytest.approx(4, rel=0.05)


def test_short_rows_stream_without_conflicts(card):
    op = product(uniform(4096, 4096, 0.02), "csr")
    machine = card.only("spmv")
    calm = machine.with_accelerator(conflict_entries=None)
    assert cycles(calm, "spmv", op) == pytest.approx(cycles(card, "spmv", op), rel=0.02)


def test_blocks_that_start_together_wait_for_those_before(card):
    """Rows beyond one block per multiprocessor: two waves, of which the second waits until the first is written."""
    sms = card.only("macko").unit.sms
    for waves in (1, 2, 3):
        schedule = card.only("macko").unit.plan(product(uniform(32 * sms * waves, 256, 0.5), "gaps-4"))
        assert schedule.details["waves"] == waves
        waits = schedule.phases[0].after_writes
        assert np.count_nonzero(waits) == waves - 1
        assert all(step == count for step, count in enumerate(waits.tolist()) if count)


def test_a_warp_with_a_row_to_itself_has_no_conflicts(card):
    with pytest.raises(InputError, match="updates y once, without conflicts"):
        card.only("macko").with_accelerator(conflict_entries=100)


@pytest.mark.parametrize("kernel", KERNELS)
def test_empty_matrices_and_groups(card, kernel):
    machine = card.only(kernel)
    for a in (SparseMatrix.from_mask(np.zeros((5, 7), np.bool_)), SparseMatrix.from_mask(np.ones((1, 1), np.bool_))):
        assert run_schedule(machine.unit.plan(product(a, KERNELS[kernel])), machine).cycles > 0
        assert machine.unit.execute(product(a, KERNELS[kernel])).shape == (a.shape[0], 1)
