"""Groups of products in one operation: the right answer on every machine, and work that adds up."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators.arithmetic import size_key
from sparsesim.accelerators.groups import _detail
from sparsesim.engines import run_schedule
from sparsesim.errors import InputError, PatternError
from sparsesim.formats import format_by_name
from sparsesim.matmul import matmul_op
from sparsesim.schedule import concatenated
from sparsesim.tensors import DenseMatrix, SparseMatrix, uniform
from tests.machines import KERNELS, alone, first_taken, held, load_machine, product_of, taken, without_interval
from tests.strategies import sparse_matrices

# The kernels of V:N:M and of single vectors take one group only, and square blocks must not reach across two.
GROUPED = [name for name in KERNELS if not name.endswith(("/spatha", "/macko", "/spmv", "/block-spmm"))]


def grouped(name, groups, m=7, k=24, n=5, density=0.4, sparse_b=False):
    """An operation of several groups, its A in a format that the kernel reads."""
    form, dtype = first_taken(name), alone(name).default_dtype
    a = held(uniform(groups * m, k, density, seed=3), form)
    values = np.random.default_rng(4).standard_normal((groups * k, n))
    b = SparseMatrix.from_dense(np.maximum(values, 0)) if sparse_b else DenseMatrix((groups * k, n), values)
    op = op_of(a, b, groups, form, dtype)
    if sparse_b and not (alone(name).unit.reads(op) or alone(name).unit.unpacks(op)):
        return replace(op, b=replace(op.b, format=format_by_name("dense")))
    return op


def op_of(a, b, groups, format="csr", dtype="fp16"):
    rows = SparseMatrix((a.shape[0], b.shape[0]), np.zeros(a.shape[0] + 1, np.int64), np.zeros(0, np.int64))
    op = matmul_op(rows, b, format, dtype)
    return replace(op, a=replace(op.a, tensor=a), groups=groups)


def expected(op):
    a, b = op.a.tensor.to_array().astype(np.float64), op.b.tensor.to_array().astype(np.float64)
    return (a.reshape(op.groups, op.m, op.k) @ b.reshape(op.groups, op.k, op.n)).reshape(-1, op.n)


@pytest.mark.parametrize("name", GROUPED)
@pytest.mark.parametrize("sparse_b", [False, True])
def test_execute_multiplies_every_group_by_itself(name, sparse_b):
    op = grouped(name, 3, sparse_b=sparse_b)
    np.testing.assert_allclose(product_of(alone(name), op), expected(op), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in GROUPED if "dense" in taken(name, alone(name).default_dtype)])
def test_dense_groups_without_values_are_multiplied_as_they_are_drawn(name):
    machine = alone(name)
    op = op_of(DenseMatrix((8, 6), seed=1), DenseMatrix((12, 3), seed=2), 2, "dense", machine.default_dtype)
    np.testing.assert_allclose(product_of(machine, op), expected(op), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", GROUPED)
def test_groups_do_the_work_of_their_parts(name):
    unit = alone(name).unit
    op = grouped(name, 4)
    plan, parts = unit.plan(op), [unit.plan(part) for part in op.parts()]
    multiplied = f"mult_{unit.default_dtype}"
    assert plan.actions[multiplied] == sum(part.actions[multiplied] for part in parts)
    assert op.effectual_macs == sum(part.effectual_macs for part in op.parts())
    assert plan.dram_bytes["A"] >= op.a.size.size_bytes
    if unit.kind not in ("condensed_outer_product", "vector_spmm"):  # these read the rows of B that they need
        assert plan.dram_bytes["B"] >= op.b.size.size_bytes
    written = [part.dram_bytes["C"] for part in parts]
    assert sum(written) - 4 * len(parts) <= plan.dram_bytes["C"] <= sum(written)


@pytest.mark.parametrize("name", GROUPED)
def test_groups_take_no_longer_than_one_after_the_other(name):
    machine = without_interval(alone(name))
    op = grouped(name, 8, m=40, k=64, n=48)
    together = run_schedule(machine.unit.plan(op), machine).cycles
    parts = [run_schedule(machine.unit.plan(part), machine).cycles for part in op.parts()]
    assert max(parts) * 0.9 <= together <= sum(parts)


@pytest.mark.parametrize("name", GROUPED)
def test_groups_count_in_what_makes_operations_alike(name):
    op = grouped(name, 4)
    assert size_key(op) != size_key(replace(op, groups=2, b=replace(op.b, tensor=DenseMatrix((48, 5)))))


def test_heads_of_attention_fill_a_gpu():
    unit = load_machine("a100-pcie").only("gemm").unit
    op = op_of(DenseMatrix((96 * 128, 64)), DenseMatrix((96 * 64, 128)), 96, "dense")
    alone = next(op.parts())
    together, single = unit.plan(op), unit.plan(alone)
    assert together.details["tiles"] % 96 == 0
    assert together.details["waves"] * unit.sms >= together.details["tiles"]
    assert together.phases[0].compute_cycles.sum() < 96 * single.phases[0].compute_cycles.sum() / 10
    assert together.dram_bytes == {name: 96 * size for name, size in single.dram_bytes.items()}


@pytest.mark.parametrize("groups", [1, 3])
@settings(max_examples=30, deadline=None)
@given(matrix=sparse_matrices(), seed=st.integers(0, 9))
def test_a_block_diagonal_is_what_the_groups_are(groups, matrix, seed):
    a = SparseMatrix.from_dense(np.vstack([matrix.to_array()] * groups))
    b = DenseMatrix(
        (groups * matrix.shape[1], 2), np.random.default_rng(seed).standard_normal((a.shape[1] * groups, 2))
    )
    op = op_of(a, b, groups)
    diagonal = op.block_diagonal()
    assert diagonal.a.shape == (a.shape[0], groups * a.shape[1])
    assert diagonal.a.size == op.a.size
    np.testing.assert_allclose(diagonal.a.tensor.to_array() @ b.to_array(), expected(op), atol=1e-9)
    assert diagonal.effectual_macs == op.effectual_macs == matrix.nnz * groups * 2


@pytest.mark.parametrize("name", [name for name in KERNELS if name not in GROUPED])
def test_a_v_n_m_kernel_has_no_groups(name):
    machine = load_machine(name.partition("/")[0])
    zeros = SparseMatrix.from_dense(np.zeros((64, 16)))
    kernels = {
        groups: machine.calls(op_of(zeros, DenseMatrix((16 * groups, 4)), groups, "vnm-32:2:8")) for groups in (1, 2)
    }
    assert [(call.kernel, call.unpacked) for call in kernels[1]] == [("spatha", "")]
    assert [(call.kernel, call.unpacked) for call in kernels[2]] == [("gemm", "when loaded")]


def test_schedules_joined_wait_for_their_own_steps():
    unit = load_machine("sparch").unit
    plan = unit.plan(matmul_op(uniform(200, 300, 0.05, seed=1), uniform(300, 20, 0.3, seed=2), "csr", "fp64"))
    both = concatenated([plan, plan])
    assert both.steps == 2 * plan.steps
    late = both.phases[0].after_arrivals[plan.steps :]
    np.testing.assert_array_equal(
        late[plan.phases[0].after_arrivals > 0],
        plan.steps + plan.phases[0].after_arrivals[plan.phases[0].after_arrivals > 0],
    )
    np.testing.assert_array_equal(late[plan.phases[0].after_arrivals == 0], 0)
    assert both.actions == {name: 2 * count for name, count in plan.actions.items()}


@pytest.mark.parametrize(("rows", "depth", "groups", "message"), [(7, 8, 2, "do not divide"), (8, 9, 2, "each of 2")])
def test_groups_that_do_not_fit_are_refused(rows, depth, groups, message):
    with pytest.raises(InputError, match=message):
        op_of(DenseMatrix((rows, 4)), DenseMatrix((depth, 3)), groups)


def ell(groups, lengths):
    """`groups` of 1 x 4 with so many non-zeros each, times 4 x 3, on the dense array that unpacks ELL."""
    a = SparseMatrix.from_dense(np.arange(4)[None, :] < np.array(lengths)[:, None])
    return op_of(a, DenseMatrix((4 * groups, 3)), groups, "ell", "int8")


@pytest.mark.parametrize(
    "lengths", [(1, 1, 1, 4), (4, 1, 1, 1), (1, 2, 3, 4), (0, 0, 0, 3), (2, 2, 2, 2), (0, 0, 0, 0)]
)
def test_groups_are_read_as_they_are_stored_together(lengths):
    """The longest row of all groups decides how long every row of ELL is, and each is read and unpacked in full."""
    unit, op = alone("sparseloop-stc/gemm").unit, ell(4, lengths)
    plan = unit.plan(op)
    # Four groups begin at four whole bytes, so that a byte may be read twice.
    assert op.a.size.size_bytes <= plan.dram_bytes["A"] <= op.a.size.size_bytes + 4
    assert plan.actions["index_add"] == op.a.size.stored_values == 4 * max(lengths)


@settings(max_examples=60, deadline=None)
@given(matrix=sparse_matrices(), groups=st.integers(2, 4), seed=st.integers(0, 5), data=st.data())
def test_no_unit_reads_less_of_a_than_is_stored_in_any_format(matrix, groups, seed, data):
    name = data.draw(st.sampled_from([name for name in GROUPED if name.startswith(("sparseloop", "titan", "sparch"))]))
    form = data.draw(st.sampled_from(["csr", "csc", "coo", "ell", "dia", "bitmap", "bsr-2x2", "dense"]))
    rows = [np.roll(matrix.to_array(), seed * i, axis=1) * (i != seed) for i in range(groups)]
    a = SparseMatrix.from_dense(np.vstack(rows))
    op = op_of(a, DenseMatrix((groups * matrix.shape[1], 3)), groups, form, alone(name).default_dtype)
    unit = alone(name).unit
    if (unit.reads(op) or unit.unpacks(op)) and a.shape[0] and a.shape[1]:
        assert unit.plan(op).dram_bytes["A"] >= op.a.size.size_bytes


def test_details_speak_of_all_groups():
    unit = alone("sparseloop-stc/gemm").unit
    op = grouped("sparseloop-stc/gemm", 4, m=70, n=70)
    one = next(op.parts())
    together, single = unit.plan(op).details, unit.plan(one).details
    assert together["tiles"] == 4 * single["tiles"]
    assert {**together, "tiles": 0} == {**single, "tiles": 0}


def test_details_that_differ_are_listed_by_group():
    assert [_detail([3, 3], True), _detail([3, 4], True), _detail([3, 3], False), _detail([3, 4], False)] == [
        6,
        7,
        3,
        [3, 4],
    ]


def test_a_broken_pattern_is_named_by_its_row_of_the_whole_matrix():
    unit = alone("sparseloop-stc/gemm-2:4").unit
    a = np.zeros((8, 8))
    a[6, 4:7] = 1
    op = op_of(SparseMatrix.from_dense(a), DenseMatrix((16, 3)), 2, "nm-2:4", "int8")
    for run in (unit.plan, unit.execute):
        with pytest.raises(PatternError, match="row 6"):
            run(op)
