"""Every shipped machine: `execute` equals SciPy, and the plan's figures agree with each other."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim import hardware
from sparsesim.accelerators import Patterned, candidates_of
from sparsesim.engines import run_schedule
from sparsesim.formats import format_by_name
from sparsesim.hardware import machine_names
from sparsesim.matmul import matmul_op
from sparsesim.tensors import DenseMatrix, SparseMatrix, read_matrix
from sparsesim.tensors.generators import nm
from tests.strategies import sparse_matrices

MACHINES = machine_names()
load_machine = cache(hardware.load_machine)


def design(name):
    """What decides how a unit cuts an operation; machines of one design differ in rates and sizes only."""
    unit = load_machine(name).accelerator
    return unit.kind, getattr(unit, "tiles", None)


DESIGNS = list({design(name): name for name in reversed(MACHINES)}.values())
"""One machine of every design, for the tests that take long."""


def fits(machine, matrix, seed=0):
    """The matrix itself, or for an N:M unit a matrix of the same shape that has the pattern."""
    unit = machine.accelerator
    skips = isinstance(unit, Patterned) and unit.pattern != (1, 1)
    return nm(*matrix.shape, *unit.pattern, seed) if skips else matrix


def product_of(machine, op):
    product = machine.accelerator.execute(op)
    return product.to_array() if isinstance(product, SparseMatrix) else product


def assert_equals_scipy(machine, a, b):
    unit = machine.accelerator
    op = matmul_op(a, b, unit.natural_format(a.density), unit.default_dtype)
    expected = (a.to_sparse().to_scipy().astype(np.float64) @ b.to_sparse().to_scipy()).toarray()
    np.testing.assert_allclose(product_of(machine, op), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", DESIGNS)
@settings(max_examples=25, deadline=None)
@given(matrix=sparse_matrices())
def test_execute_equals_scipy_on_odd_shapes(name, matrix):
    machine = load_machine(name)
    a = fits(machine, matrix)
    assert_equals_scipy(machine, a, a.transposed)


@pytest.mark.parametrize("name", MACHINES)
def test_execute_equals_scipy_with_dense_activations(name):
    machine = load_machine(name)
    random = np.random.default_rng(5)
    a = fits(machine, SparseMatrix.from_dense(random.standard_normal((70, 90)) * (random.random((70, 90)) < 0.2)))
    assert_equals_scipy(machine, a, DenseMatrix((90, 33), random.standard_normal((90, 33))))


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("file", ["cage5", "west0479", "lp_e226", "bcspwr10"])
def test_execute_equals_scipy_on_real_matrices(name, file, data_dir):
    machine = load_machine(name)
    matrix = read_matrix(data_dir / "matrices" / f"{file}.mtx.gz")
    if matrix.shape[0] > 2000 and machine.accelerator.kind.endswith(("tensor_core", "mac_array")):
        pytest.skip("a dense product of 5300 x 5300 by tiles takes too long for a test")
    a = fits(machine, matrix)
    assert_equals_scipy(machine, a, a.transposed)


@pytest.mark.parametrize("name", DESIGNS)
@settings(max_examples=25, deadline=None)
@given(matrix=sparse_matrices(), columns=st.integers(0, 9), form=st.sampled_from(["dense", "csr", "bitmap", "rle-5"]))
def test_the_plan_is_consistent(name, matrix, columns, form):
    machine = load_machine(name)
    unit = machine.accelerator
    a = fits(machine, matrix)
    op = matmul_op(a, DenseMatrix((a.shape[1], columns)), form, unit.default_dtype)
    schedule = unit.plan(op)
    actions = schedule.actions
    assert all(isinstance(count, int) and count >= 0 for count in actions.values())
    read = sum(size for tensor, size in schedule.dram_bytes.items() if tensor in ("A", "B"))
    assert schedule.fetched_bytes >= read
    counted = run_schedule(schedule, machine).actions
    assert counted["dram_read_bits"] == 8 * schedule.fetched_bytes
    assert counted["dram_read_bits"] + counted["dram_write_bits"] == 8 * sum(schedule.dram_bytes.values())
    # Every product of two non-zeros is done by any unit that claims the right answer.
    assert actions[f"mult_{unit.default_dtype}"] >= op.effectual_macs
    if columns and op.m:
        assert schedule.dram_bytes["A"] >= format_by_name(form).size(a, op.a.dtype).size_bytes


@pytest.mark.parametrize("name", MACHINES)
def test_repeating_an_operation_repeats_its_counts(name):
    from dataclasses import replace

    from sparsesim.engines import run_schedule

    # Launches that cannot follow each other any faster would hide the repetitions of so small an operation.
    machine = load_machine(name).model_copy(update={"launch_interval_ns": 0.0})
    a = fits(machine, SparseMatrix.from_dense(np.eye(32)))
    op = matmul_op(a, DenseMatrix((32, 8)), "csr", machine.accelerator.default_dtype)
    once = run_schedule(machine.accelerator.plan(op), machine)
    thrice = run_schedule(machine.accelerator.plan(replace(op, repeat=3)), machine)
    assert thrice.actions == {action: 3 * count for action, count in once.actions.items()}
    assert thrice.dram_bytes == {tensor: 3 * size for tensor, size in once.dram_bytes.items()}
    assert once.cycles < thrice.cycles <= 3 * once.cycles


@pytest.mark.parametrize("name", MACHINES)
def test_work_serves_every_format(name):
    machine = load_machine(name)
    unit = machine.accelerator
    a = fits(machine, SparseMatrix.from_dense(np.random.default_rng(3).random((40, 64)) < 0.1))
    b = DenseMatrix((64, 3))
    work = unit.work(matmul_op(a, b, "dense", unit.default_dtype))
    for form in ("dense", "csr", "coo", "bitmap"):
        op = matmul_op(a, b, form, unit.default_dtype)
        anew, reused = unit.plan(op), unit.plan(op, work)
        assert (anew.actions, anew.dram_bytes, anew.details) == (reused.actions, reused.dram_bytes, reused.details)
        np.testing.assert_array_equal(anew.phases[0].fetch_bytes, reused.phases[0].fetch_bytes)


@pytest.mark.parametrize("name", DESIGNS)
@settings(max_examples=25, deadline=None)
@given(matrix=sparse_matrices(), seeds=st.tuples(st.integers(0, 3), st.integers(0, 3)), dense=st.booleans())
def test_operations_with_equal_keys_have_equal_plans(name, matrix, seeds, dense):
    machine = load_machine(name)
    unit = machine.accelerator
    operands = [nm(*matrix.shape, *unit.pattern, seed) if isinstance(unit, Patterned) else matrix for seed in seeds]
    if dense:
        operands = [DenseMatrix(matrix.shape, seed=seed) for seed in seeds]
    b = DenseMatrix((matrix.shape[1], 5))
    form = unit.natural_format(operands[0].density)
    if dense:
        unit = machine.with_on_violation("dense").accelerator
    ops = [matmul_op(a, b, form, unit.default_dtype, name=str(seed)) for a, seed in zip(operands, seeds, strict=True)]
    keys = [unit.plan_key(op) for op in ops]
    assert unit.plan_key(ops[0]) == keys[0]
    if dense:
        assert None not in keys
    if keys[0] is not None and keys[0] == keys[1]:
        first, second = (list(candidates_of(unit, op)) for op in ops)
        for one, other in zip(first, second, strict=True):
            assert (one.actions, one.dram_bytes, one.details) == (other.actions, other.dram_bytes, other.details)
            for phase, same in zip(one.phases, other.phases, strict=True):
                for field in ("fetch_bytes", "compute_cycles", "write_bytes", "after_writes", "after_arrivals"):
                    np.testing.assert_array_equal(getattr(phase, field), getattr(same, field))
