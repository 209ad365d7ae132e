"""Hand-checkable counts of the dense and the 2:4 tensor core, and what 2:4 refuses."""

import numpy as np
import pytest

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError, PatternError
from sparsesim.hardware import load_machine
from sparsesim.matmul import matmul_op
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.tensors.generators import drawn_nm, nm, uniform
from tests.accelerators.made_up import small_card

CARD = load_machine("a100-pcie")
DENSE, SPARSE = CARD.only("gemm"), CARD.only("gemm-2:4")


def plan(machine, a, columns=8, form="dense", dtype="fp16"):
    return machine.unit.plan(matmul_op(a, DenseMatrix((a.shape[1], columns)), form, dtype))


def test_one_instruction_of_a_dense_core():
    """16 x 16 times 16 x 8 in fp16 is one mma: 2048 MACs, fragments of 4096, 2048 and 4096 bits."""
    schedule = plan(DENSE, DenseMatrix((16, 16)))
    actions = schedule.actions
    assert actions["mult_fp16"] == actions["add_fp32"] == 16 * 8 * 16
    assert actions["register_read_bits"] == 16 * 16 * 16 + 16 * 8 * 16 + 16 * 8 * 32
    assert actions["register_write_bits"] == 16 * 8 * 32
    assert actions["shared_memory.sram_write_bits"] == (16 * 16 + 16 * 8) * 16
    assert schedule.dram_bytes == {"A": 512, "B": 256, "C": 256}
    assert actions["select"] == 0


def test_the_same_on_a_2to4_core_does_half_the_multiplications():
    schedule = plan(SPARSE, nm(16, 16, 2, 4, 0), form="nm-2:4")
    assert schedule.actions["mult_fp16"] == schedule.actions["select"] == 16 * 8 * 8
    assert schedule.dram_bytes["A"] == 512 * 9 // 16
    assert schedule.dram_bytes["B"] == 256


@pytest.mark.parametrize(("dtype", "macs_per_cycle"), [("fp16", 1024), ("int8", 2048), ("tf32", 512)])
def test_cycles_of_a_dense_core(dtype, macs_per_cycle):
    """Six tiles on two SMs are three rounds of 128 x 128 x 4096 products each, and a store of 64 B per cycle."""
    machine = small_card()
    schedule = plan(machine, DenseMatrix((384, 4096)), columns=256, dtype=dtype)
    store = 128 * 128 * dtype_by_name(dtype).bits // 8 // 64
    assert schedule.details["waves"] == 3
    assert schedule.phases[0].compute_cycles.sum() == 3 * (128 * 128 * 4096 // macs_per_cycle + store)
    half = plan(small_card(efficiency={dtype: 0.5}), DenseMatrix((384, 4096)), columns=256, dtype=dtype)
    assert half.phases[0].compute_cycles.sum() == 3 * (2 * 128 * 128 * 4096 // macs_per_cycle + store)


def test_a_2to4_core_takes_half_the_cycles_for_its_products():
    sparse = small_card("gemm-2:4", macs_per_cycle={"fp16": 2048}, patterns={"fp16": "nm-2:4"})
    schedule = plan(sparse, nm(256, 512, 2, 4, 0), columns=128, form="nm-2:4")
    dense = plan(small_card(), DenseMatrix((256, 512)), columns=128)
    assert (dense.phases[0].compute_cycles.sum(), schedule.phases[0].compute_cycles.sum()) == (8192 + 512, 4096 + 512)


def test_an_efficiency_is_needed_for_every_type_that_runs():
    with pytest.raises(InputError, match="efficiency has no entry for int8 and none for other"):
        plan(small_card(efficiency={"fp16": 1.0}), DenseMatrix((16, 16)), dtype="int8")


def test_a_drawn_pattern_gives_the_plan_of_the_matrix_it_stands_for():
    machine, drawn = SPARSE, drawn_nm(64, 66, 2, 4, 3)
    lazy, real = plan(machine, drawn, form="nm-2:4"), plan(machine, drawn.to_sparse(), form="nm-2:4")
    assert lazy.actions == real.actions
    assert lazy.dram_bytes == real.dram_bytes


def test_a_matrix_that_breaks_the_pattern_is_refused_with_its_place():
    matrix = SparseMatrix.from_dense(np.array([[1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 0]], float))
    with pytest.raises(PatternError, match=r"not 2:4: row 1, columns 4..7 hold 3 non-zeros"):
        plan(SPARSE, matrix, form="nm-2:4")


def test_on_request_it_runs_dense_instead():
    matrix = uniform(64, 64, 0.8, 1)
    op = matmul_op(matrix, DenseMatrix((64, 8)), "nm-2:4", "fp16")
    (call,) = CARD.with_on_violation("dense").calls(op)
    assert (call.kernel, call.unpacked, call.note) == (
        "gemm",
        "when loaded",
        "A breaks the pattern of nm-2:4: unpacked to dense when loaded",
    )
    assert DENSE.unit.plan(call.op).actions == plan(DENSE, matrix).actions


def test_compressed_weights_without_a_kernel_save_neither_bytes_nor_multiplications():
    matrix = uniform(256, 256, 0.05, 1)
    (call,) = CARD.calls(matmul_op(matrix, DenseMatrix((256, 8)), "bitmap", "fp16"))
    unpacked, dense = DENSE.unit.plan(call.op), plan(DENSE, matrix)
    assert (unpacked.actions, unpacked.dram_bytes) == (dense.actions, dense.dram_bytes)
    assert matmul_op(matrix, matrix, "bitmap", "fp16").a.size.size_bytes < dense.dram_bytes["A"] / 4


def test_operands_beyond_the_l2_are_read_more_than_once():
    machine = DENSE.with_accelerator(l2={"size_bytes": 1 << 20})
    schedule = plan(machine, DenseMatrix((4096, 4096)), columns=4096)
    assert schedule.dram_bytes["A"] + schedule.dram_bytes["B"] > 2 * 4096 * 4096 * 2


def test_a_missing_dtype_is_named_with_the_ones_there_are():
    with pytest.raises(InputError, match=r"fp8 is not offered.*fp16, bf16, tf32, int8"):
        plan(DENSE, DenseMatrix((16, 16)), dtype="fp8")
