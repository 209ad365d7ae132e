import numpy as np
import pytest

from sparsesim.accelerators.vector_spmm.traffic import TRANSFER_BYTES, gathered_up
from sparsesim.engines import run_schedule
from sparsesim.errors import InputError, PatternError
from sparsesim.hardware import load_machine
from sparsesim.matmul import matmul_op
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.tensors.generators import block, uniform


@pytest.fixture(scope="module")
def single():
    """The kernel of single values."""
    return load_machine("a100-sxm-40gb").only("spmm")


@pytest.fixture(scope="module")
def machine():
    """The same unit with vectors of every length, to compare lengths on equal terms."""
    spmm = load_machine("a100-sxm-40gb").only("spmm").with_accelerator(vector_lengths=(1, 2, 4, 8))
    return spmm.model_copy(update={"launch_interval_ns": 0.0})


def product(a, columns, storage, dtype="fp16"):
    return matmul_op(a, DenseMatrix((a.shape[1], columns)), storage, dtype)


def cycles(machine, op):
    return run_schedule(machine.unit.plan(op), machine).cycles


def plan(machine, *arguments):
    return machine.unit.plan(product(*arguments))


@pytest.mark.parametrize("storage", ["csr", "bsr-2x1", "bsr-4x1", "bsr-8x1"])
def test_every_kernel_computes_the_product(machine, storage):
    random = np.random.default_rng(1)
    a = SparseMatrix.from_dense(random.standard_normal((30, 41)) * (random.random((30, 41)) < 0.3))
    b = DenseMatrix((41, 70), random.standard_normal((41, 70)))
    got = machine.unit.execute(matmul_op(a, b, storage, "fp64"))
    np.testing.assert_allclose(got, a.to_array() @ b.to_array(), rtol=1e-9, atol=1e-12)


def test_kernels_of_a_card_take_the_vectors_that_they_are_made_for():
    card = load_machine("a100-sxm-40gb")
    a = uniform(48, 48, 0.1)
    calls = {
        form: card.calls(product(a, 64, form)) for form in ("csr", "bsr-2x1", "bsr-8x1", "bsr-3x1", "bsr-4x4", "coo")
    }
    assert {form: [(call.kernel, call.unpacked) for call in found] for form, found in calls.items()} == {
        "csr": [("spmm", "")],
        "bsr-2x1": [("vector-spmm", "")],
        "bsr-8x1": [("vector-spmm", "")],
        "bsr-3x1": [("gemm", "when loaded")],
        "bsr-4x4": [("gemm", "when loaded")],
        "coo": [("gemm", "when loaded")],
    }


def test_vectors_of_other_lengths_are_refused(machine):
    with pytest.raises(PatternError, match=r"bsr-3x1: no kernel for vectors of 3 rows \(there are 1, 2, 4, 8\)"):
        plan(machine, uniform(30, 30, 0.1), 64, "bsr-3x1")


def test_a_type_needs_both_rates(machine):
    with pytest.raises(InputError, match="cuda_macs_per_cycle must name the same number types"):
        machine.with_accelerator(cuda_macs_per_cycle={"fp16": 27648})


def test_vectors_that_match_the_format_store_no_zeros(machine):
    schedule = plan(machine, block(64, 256, 4, 1, 0.1), 128, "bsr-4x1")
    assert schedule.details["vectors"] == round(0.1 * 16 * 256)
    assert schedule.details["blocks"] == 16 * 2
    assert schedule.details["tensor_cores"] == 1
    # The mma instruction has eight rows, four of them idle; groups of four vectors are filled up.
    assert schedule.actions["mult_fp16"] >= 8 * schedule.details["vectors"] * 128


def test_single_values_and_types_without_mma_run_on_cuda_cores(machine):
    assert plan(machine, uniform(64, 64, 0.1), 64, "csr").details["tensor_cores"] == 0
    assert plan(machine, uniform(64, 64, 0.1), 64, "bsr-8x1", "fp32").details["tensor_cores"] == 0


def test_longer_vectors_share_the_gathered_rows_of_b(machine):
    """The same number of non-zeros: vectors of 8 gather an eighth of the rows and are several times faster."""
    times = [
        cycles(machine, product(block(2048, 2048, length, 1, 0.1), 2048, f"bsr-{length}x1")) for length in (1, 2, 4, 8)
    ]
    assert times == sorted(times, reverse=True)
    assert 3 < times[0] / times[3] < 8


def test_uneven_rows_take_longer_than_even_ones(machine):
    """One row holds half of the non-zeros: its warp works on when all others are done."""
    even = uniform(512, 2048, 0.01, seed=1)
    long_row = np.zeros((512, 2048))
    long_row[300] = 1
    uneven = SparseMatrix.from_dense(np.where(uniform(512, 2048, 0.008, seed=2).to_array() != 0, 1.0, long_row))
    assert abs(uneven.nnz - even.nnz) < 0.05 * even.nnz
    assert cycles(machine, product(uneven, 64, "csr")) > 2 * cycles(machine, product(even, 64, "csr"))


def test_launching_the_longest_rows_first_shortens_the_tail(machine):
    """Long rows at the end start when the others are nearly done, unless rows are sorted."""
    density = np.full((8192, 1), 0.01)
    density[-256:] = 0.3
    op = product(SparseMatrix.from_mask(np.random.default_rng(0).random((8192, 1024)) < density), 64, "csr")
    assert cycles(machine, op) < 0.8 * cycles(machine.with_accelerator(row_swizzle=False), op)


def test_b_is_read_once_and_only_where_it_is_touched(machine):
    columns = np.zeros((64, 1000))
    columns[:, :100] = 1
    schedule = plan(machine, SparseMatrix.from_dense(columns), 256, "csr")
    assert schedule.dram_bytes["B"] == 100 * 256 * 2
    assert schedule.dram_bytes["C"] == 64 * 256 * 2


def test_a_small_l2_reads_a_again_for_every_tile(machine):
    op = product(uniform(256, 256, 0.2), 256, "csr")
    small = machine.with_accelerator(l2={"size_bytes": 1024})
    once, again = (each.unit.plan(op).dram_bytes for each in (machine, small))
    assert again["A"] == 4 * once["A"]
    assert again["B"] > 4 * once["B"]


def test_a_small_l1_asks_l2_more_often(machine):
    op = product(uniform(512, 512, 0.2), 64, "csr")
    small = machine.with_accelerator(l1={"size_bytes": 1024})
    assert small.unit.plan(op).details["l2_bytes"] > 1.5 * machine.unit.plan(op).details["l2_bytes"]


def test_a_full_matrix_of_single_values_stays_far_below_the_peak_of_the_cuda_cores(single):
    """Six instructions per stored value of 64 columns, where two would do for a dense product."""
    peak = 2048**3 / single.unit.cuda_macs_per_cycle["fp16"]
    assert 2 * peak < cycles(single, product(DenseMatrix((2048, 2048)), 2048, "csr")) < 8 * peak


def test_transfers_keep_their_bytes_and_gather_at_one_end():
    sizes = np.full(1000, 300, np.int64)
    first, last = gathered_up(sizes, first=True), gathered_up(sizes, first=False)
    assert first.sum() == last.sum() == sizes.sum()
    assert first[0] > 0
    assert last[-1] > 0
    assert np.count_nonzero(first) == np.count_nonzero(last) == -(-sizes.sum() // TRANSFER_BYTES)
    assert (np.cumsum(first) >= np.cumsum(sizes)).all()
    assert (np.cumsum(last) <= np.cumsum(sizes)).all()
    assert all(gathered_up(sizes[:0], first=first).size == 0 for first in (True, False))
