"""Hand-checkable counts of the dense and the 2:4 multiplier array, its choice of cuts, and what it refuses."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.mac_array.walks import Walk, order
from sparsesim.engines import run_schedule
from sparsesim.errors import InputError, PatternError
from sparsesim.hardware import load_machine
from sparsesim.matmul import matmul_op
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.tensors.generators import drawn_nm, nm, uniform

DENSE, CARD = load_machine("sparseloop-tc"), load_machine("sparseloop-stc")
SPARSE = CARD.only("gemm-2:4")


def plan(machine, a, columns, form="dense", dtype="int8"):
    return machine.unit.plan(matmul_op(a, DenseMatrix((a.shape[1], columns)), form, dtype))


def test_one_tile_of_the_dense_array():
    """64 x 32 times 32 x 128: two steps of K, each 128 columns long, on 1024 multipliers."""
    schedule = plan(DENSE, DenseMatrix((64, 32)), 128)
    assert list(schedule.phases[0].compute_cycles) == [2 * 128]
    assert schedule.dram_bytes == {"A": 64 * 32, "B": 32 * 128, "C": 64 * 128}
    assert schedule.actions == {
        "mult_int8": 64 * 32 * 128,
        "add_int32": 64 * 32 * 128,
        "select": 0,
        "latch_read_bits": 8 * 64 * 32 * 128,
        "latch_write_bits": 8 * 64 * 32,
        "register_read_bits": 8 * 64 * 128 * 2,
        "register_write_bits": 8 * 64 * 128 * 2,
        "shared_memory.sram_read_bits": 8 * (64 * 32 + 32 * 128),
        "shared_memory.sram_write_bits": 8 * (64 * 32 + 32 * 128),
        "metadata_read_bits": 0,
        "metadata_write_bits": 0,
        "index_add": 0,
    }


def test_the_same_tile_at_2_to_4_takes_half_the_cycles_and_carries_metadata():
    schedule = plan(SPARSE, nm(64, 32, 2, 4, 0), 128, "nm-2:4")
    actions = schedule.actions
    assert list(schedule.phases[0].compute_cycles) == [128]
    assert schedule.dram_bytes == {"A": 64 * 16 * 10 // 8, "B": 32 * 128, "C": 64 * 128}
    assert actions["mult_int8"] == actions["select"] == 64 * 16 * 128
    assert actions["latch_read_bits"] == (8 + 2) * 64 * 16 * 128
    assert actions["register_read_bits"] == 8 * 64 * 128
    assert (
        actions["shared_memory.sram_read_bits"] == actions["shared_memory.sram_write_bits"] == 8 * (64 * 16 + 32 * 128)
    )
    assert actions["metadata_read_bits"] == actions["metadata_write_bits"] == 2 * 64 * 16


def test_weights_are_loaded_and_b_is_read_once_per_tile():
    """Three row tiles and two column tiles, all in shared memory."""
    schedule = plan(DENSE, DenseMatrix((130, 64)), 200)
    assert len(schedule.phases[0].fetch_bytes) == 6
    assert schedule.actions["latch_write_bits"] == 8 * 130 * 64 * 2
    assert schedule.actions["shared_memory.sram_read_bits"] == 8 * (130 * 64 * 2 + 64 * 200 * 3)
    assert schedule.phases[0].compute_cycles.sum() == 3 * 200 * 4
    assert schedule.dram_bytes["A"] == 130 * 64


def test_narrow_products_wait_for_shared_memory():
    """One column: 16 rows of K need 64 x 16 weights of 8 bit and 16 bytes of B, at 42 bytes a cycle."""
    assert list(plan(DENSE, DenseMatrix((64, 16)), 1).phases[0].compute_cycles) == [-(-(64 * 16 + 16) // 42)]
    wide = DENSE.with_accelerator(shared_bytes_per_cycle=1 << 20)
    assert list(plan(wide, DenseMatrix((64, 16)), 1).phases[0].compute_cycles) == [1]


def test_narrower_tiles_where_they_save_a_pass_over_dram():
    """A takes 144 of 256 KB; 64 columns of B fit beside it, 128 do not."""
    extra = plan(DENSE, DenseMatrix((128, 1152)), 1024).details
    assert (extra["tile_n"], extra["a_passes"], extra["b_passes"]) == (64, 1, 1)
    compressed = plan(SPARSE, drawn_nm(128, 1152, 2, 4, 0), 1024, "nm-2:4").details
    assert (compressed["tile_n"], compressed["a_passes"], compressed["b_passes"]) == (128, 1, 1)


def test_what_does_not_fit_comes_again():
    schedule = plan(DENSE, DenseMatrix((512, 1024)), 256)
    assert (schedule.details["a_passes"], schedule.details["b_passes"]) == (2, 1)
    assert schedule.dram_bytes["A"] == 2 * 512 * 1024
    tiny = DENSE.with_accelerator(shared_memory={"size_bytes": 64})
    streamed = plan(tiny, DenseMatrix((512, 1024)), 256).details
    assert (streamed["a_passes"], streamed["b_passes"]) == (2, 8)


@settings(max_examples=40, deadline=None)
@given(m=st.integers(1, 300), k=st.integers(1, 300), n=st.integers(1, 300), kilobytes=st.integers(1, 40))
@example(m=2, k=4, n=225, kilobytes=1)  # K is shorter than the array is deep
def test_the_cut_is_the_best_of_all_that_fit(m, k, n, kilobytes):
    """No cut tried by brute force, with whole tiles of both operands in shared memory, is better."""
    machine = DENSE.with_accelerator(shared_memory={"size_bytes": 1024 * kilobytes})
    schedule = plan(machine, DenseMatrix((m, k)), n)
    best = []
    for columns in {min(2**power, n) for power in range(8)}:
        tiles_m, tiles_n = -(-m // 64), -(-n // columns)
        for kept_m, kept_n in itertools.product(range(1, tiles_m + 1), range(1, tiles_n + 1)):
            if 1024 * kilobytes < (64 * kept_m + columns * kept_n) * k or (kept_m > 1 and kept_n > 1):
                continue
            a_passes = 1 if kept_n == 1 or kept_m == tiles_m else -(-tiles_n // kept_n)
            b_passes = -(-tiles_m // kept_m) if kept_n == 1 else 1
            best.append((_cycles(m, k, n, columns), a_passes * m * k + b_passes * k * n))
    moved = schedule.dram_bytes["A"] + schedule.dram_bytes["B"]
    assert all((int(schedule.phases[0].compute_cycles.sum()), moved) <= each for each in best)


def _cycles(m, k, n, columns):
    """Cycles of a cut, tile by tile."""
    return sum(
        -(-k // 16) * max(width, -(-16 * (height + width) // 42))
        for height in [min(64, m - row) for row in range(0, m, 64)]
        for width in [min(columns, n - column) for column in range(0, n, columns)]
    )


@pytest.mark.parametrize(("a_reach", "b_reach"), [(5, 2), (2, 4), (1, 1), (5, 4)])
def test_every_tile_comes_once_and_right_after_those_it_shares_with(a_reach, b_reach):
    """Walking tile by tile, an operand changes blocks as often as it is fetched."""
    walk = Walk(64, 128, 4, 5, a_reach, b_reach)
    i, j = order(walk)
    assert sorted(zip(i, j, strict=True)) == list(itertools.product(range(4), range(5)))
    blocks = list(zip(i // b_reach, j // a_reach, strict=True))
    assert len([block for block, _ in itertools.groupby(blocks)]) == len(set(blocks))
    fetched_a, fetched_b = j % a_reach == 0, i % b_reach == 0
    held_a, held_b = set(), set()
    for step in range(len(i)):
        held_a |= {i[step]} if fetched_a[step] else set()
        held_b |= {j[step]} if fetched_b[step] else set()
        assert i[step] in held_a
        assert j[step] in held_b
    assert (fetched_a.sum(), fetched_b.sum()) == (4 * walk.passes[0], 5 * walk.passes[1])


def test_a_matrix_that_breaks_the_pattern_is_refused_with_its_place():
    matrix = SparseMatrix.from_dense(np.array([[1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 0]], float))
    with pytest.raises(PatternError, match=r"not 2:4: row 1, columns 4..7 hold 3 non-zeros"):
        plan(SPARSE, matrix, 8, "nm-2:4")
    with pytest.raises(PatternError, match="not 2:4"):
        SPARSE.unit.execute(matmul_op(matrix, DenseMatrix((8, 8)), "nm-2:4", "int8"))


def test_on_request_it_runs_dense_instead():
    op = matmul_op(uniform(100, 64, 0.8, 1), DenseMatrix((64, 40), seed=3), "nm-2:4", "int8")
    (call,) = CARD.with_on_violation("dense").calls(op)
    assert (call.kernel, call.op.a.format.name, call.unpacked) == ("gemm", "dense", "when loaded")
    schedule, dense = CARD.only("gemm").unit.plan(call.op), plan(DENSE, op.a.tensor, 40)
    assert (schedule.actions, schedule.dram_bytes) == (dense.actions, dense.dram_bytes)
    np.testing.assert_allclose(CARD.only("gemm").unit.execute(call.op), DENSE.unit.execute(call.op))


def test_a_drawn_pattern_gives_the_plan_of_the_matrix_it_stands_for():
    drawn = drawn_nm(100, 66, 2, 4, 3)
    lazy, real = plan(SPARSE, drawn, 40, "nm-2:4"), plan(SPARSE, drawn.to_sparse(), 40, "nm-2:4")
    assert (lazy.actions, lazy.dram_bytes, lazy.details) == (real.actions, real.dram_bytes, real.details)


def test_foreign_formats_are_unpacked():
    matrix = nm(64, 64, 2, 4, 0)
    assert plan(CARD.only("gemm"), matrix, 8, "csr").actions["index_add"] == matrix.nnz
    assert plan(SPARSE, matrix, 8, "nm-2:4").actions["index_add"] == 0
    assert plan(DENSE, matrix, 8, "csr").actions["index_add"] == matrix.nnz


def test_natural_formats():
    assert CARD.natural_formats(0.5, "int8") == ("dense", "nm-2:4")
    assert DENSE.natural_formats(0.5, "int8") == ("dense",)


def test_other_dtypes_and_inconsistent_arrays_are_refused():
    with pytest.raises(InputError, match=r"fp16 is not offered.*int8"):
        plan(DENSE, DenseMatrix((8, 8)), 8, dtype="fp16")
    for changes, message in (
        ({"depth": 8}, "subcores x rows x depth = 512"),
        ({"keep": 3, "of": 2}, "keep 3 is more than of 2"),
        ({"register_file": {"size_bytes": 8}}, "less than one sum per row"),
    ):
        with pytest.raises(InputError, match=message):
            DENSE.with_accelerator(**changes)


def test_time_is_bounded_by_the_multipliers():
    op = matmul_op(drawn_nm(256, 512, 2, 4, 0), DenseMatrix((512, 256)), "nm-2:4", "int8")
    counts = run_schedule(SPARSE.unit.plan(op), SPARSE)
    assert counts.cycles >= counts.busy_cycles["compute"] == 256 * 256 * 256 // 1024


def test_pairs_are_unpacked_though_they_hold_the_pattern():
    """Columns 0, 1 of every four: 2:4, and 4:8 in pairs; one kernel reads the first, the other unpacks the second."""
    a = SparseMatrix.from_dense(np.tile(np.array([1.0, 1.0, 0.0, 0.0]), (64, 16)))
    operations = [matmul_op(a, DenseMatrix((64, 16)), format, "int8") for format in ("nm-2:4", "nm-pairs-4:8")]
    ((native,), (pairs,)) = map(CARD.calls, operations)
    assert [(call.kernel, call.unpacked) for call in (native, pairs)] == [("gemm-2:4", ""), ("gemm", "on the way")]
    native, pairs = (CARD.only(call.kernel).unit.plan(call.op) for call in (native, pairs))
    assert native.actions["index_add"] == 0
    assert pairs.actions["index_add"] == 64 * 32 * pairs.details["a_passes"]
