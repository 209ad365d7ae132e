"""Every kernel of every shipped machine: `execute` equals SciPy, and the plan's figures agree with each other."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators import AcceleratorSpec, candidates_of
from sparsesim.engines import run_schedule
from sparsesim.hardware import with_fields
from sparsesim.matmul import matmul_op
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix, read_matrix
from tests.machines import (
    FORMATS,
    KERNELS,
    alone,
    expected_product,
    first_taken,
    held,
    product_of,
    stored,
    taken,
    without_interval,
)
from tests.strategies import sparse_matrices


def design(name):
    """What decides how a unit cuts an operation; kernels of one design differ in rates and sizes only."""
    (kernel,) = alone(name).library.values()
    return kernel.unit.kind, getattr(kernel.unit, "tiles", None), kernel.formats


DESIGNS = list({design(name): name for name in reversed(KERNELS)}.values())
"""One kernel of every design, for the tests that take long."""


def accepted(name):
    """Every format that the kernel reads or unpacks, with its first number type."""
    machine, zeros, column = alone(name), DenseMatrix((8, 8)), DenseMatrix((8, 1))
    (kernel,) = machine.library.values()
    ops = [matmul_op(zeros, column, form, machine.default_dtype) for form in FORMATS]
    return [op.a.format.name for op in ops if kernel.takes(op) or kernel.unpacks(op)]


def assert_equals_scipy(name, matrix, b, form, dtype):
    a = held(matrix, form)
    product = product_of(alone(name), stored(name, a, b, form, dtype))
    np.testing.assert_allclose(product, expected_product(a, b), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", DESIGNS)
@settings(max_examples=25, deadline=None)
@given(matrix=sparse_matrices(), data=st.data())
def test_execute_equals_scipy_on_odd_shapes(name, matrix, data):
    form = data.draw(st.sampled_from(accepted(name)))
    assert_equals_scipy(name, matrix, matrix.transposed, form, alone(name).default_dtype)


@pytest.mark.parametrize("name", KERNELS)
def test_execute_equals_scipy_in_every_format_that_the_kernel_is_listed_with(name):
    random = np.random.default_rng(5)
    a = SparseMatrix.from_dense(random.standard_normal((40, 60)) * (random.random((40, 60)) < 0.2))
    b = DenseMatrix((60, 33), random.standard_normal((60, 33)))
    types = alone(name).unit.macs_per_cycle
    listed = {form for dtype in types for form in taken(name, dtype)}
    for pattern in next(iter(alone(name).library.values())).formats:
        assert any(pattern == "*" or form.startswith(pattern.partition("*")[0]) for form in listed), pattern
    for form in listed:
        dtype = next(dtype for dtype in types if form in taken(name, dtype))
        assert_equals_scipy(name, a, b, form, dtype)


@pytest.mark.parametrize("name", KERNELS)
def test_every_number_type_of_a_kernel_has_a_format(name):
    """A kernel is listed for no type that it could not be called with."""
    for dtype in alone(name).unit.macs_per_cycle:
        assert taken(name, dtype) or name.endswith("/spatha")


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("file", ["cage5", "west0479", "lp_e226", "bcspwr10"])
def test_execute_equals_scipy_on_real_matrices(name, file, data_dir):
    machine = alone(name)
    matrix = read_matrix(data_dir / "matrices" / f"{file}.mtx.gz")
    if matrix.shape[0] > 2000 and machine.unit.kind.endswith(("tensor_core", "mac_array")):
        pytest.skip("a dense product of 5300 x 5300 by tiles takes too long for a test")
    assert_equals_scipy(name, matrix, matrix.transposed, first_taken(name), machine.default_dtype)


@pytest.mark.parametrize("name", DESIGNS)
@settings(max_examples=25, deadline=None)
@given(matrix=sparse_matrices(), columns=st.integers(0, 9), data=st.data())
def test_the_plan_is_consistent(name, matrix, columns, data):
    machine = alone(name)
    form = data.draw(st.sampled_from(accepted(name)))
    a = held(matrix, form)
    op = matmul_op(a, DenseMatrix((a.shape[1], columns)), form, machine.default_dtype)
    schedule = machine.unit.plan(op)
    actions = schedule.actions
    assert all(isinstance(count, int) and count >= 0 for count in actions.values())
    read = sum(size for tensor, size in schedule.dram_bytes.items() if tensor in ("A", "B"))
    assert schedule.fetched_bytes >= read
    counted = run_schedule(schedule, machine).actions
    assert counted["dram_read_bits"] == 8 * schedule.fetched_bytes
    assert counted["dram_read_bits"] + counted["dram_write_bits"] == 8 * sum(schedule.dram_bytes.values())
    # Every product of two non-zeros is done by any unit that claims the right answer.
    assert actions[f"mult_{machine.default_dtype}"] >= op.effectual_macs
    if columns and op.m:
        assert schedule.dram_bytes["A"] >= op.a.size.size_bytes


@pytest.mark.parametrize("name", KERNELS)
def test_repeating_an_operation_repeats_its_counts(name):
    # Launches that cannot follow each other any faster would hide the repetitions of so small an operation.
    machine, form = without_interval(alone(name)), first_taken(name)
    a = held(SparseMatrix.from_dense(np.eye(32)), form)
    op = matmul_op(a, DenseMatrix((32, 8)), form, machine.default_dtype)
    once = run_schedule(machine.unit.plan(op), machine)
    thrice = run_schedule(machine.unit.plan(replace(op, repeat=3)), machine)
    assert thrice.actions == {action: 3 * count for action, count in once.actions.items()}
    assert thrice.dram_bytes == {tensor: 3 * size for tensor, size in once.dram_bytes.items()}
    assert once.cycles < thrice.cycles <= 3 * once.cycles


@pytest.mark.parametrize("name", KERNELS)
def test_work_serves_every_format(name):
    machine = alone(name)
    unit = machine.unit
    whole = SparseMatrix.from_dense(np.random.default_rng(3).random((40, 64)) < 0.1)
    b = DenseMatrix((64, 3))
    for form in accepted(name):
        a = held(whole, form)
        work = unit.work(matmul_op(a, b, "dense", machine.default_dtype))
        op = matmul_op(a, b, form, machine.default_dtype)
        anew, reused = unit.plan(op), unit.plan(op, work)
        assert (anew.actions, anew.dram_bytes, anew.details) == (reused.actions, reused.dram_bytes, reused.details)
        np.testing.assert_array_equal(anew.phases[0].fetch_bytes, reused.phases[0].fetch_bytes)


@pytest.mark.parametrize("name", DESIGNS)
@settings(max_examples=25, deadline=None)
@given(matrix=sparse_matrices(), seeds=st.tuples(st.integers(0, 3), st.integers(0, 3)), data=st.data())
def test_operations_with_equal_keys_have_equal_plans(name, matrix, seeds, data):
    """Two matrices of one shape whose non-zeros lie elsewhere, or not."""
    machine = alone(name)
    unit, form = machine.unit, data.draw(st.sampled_from(accepted(name)))
    dense = form == "dense" and data.draw(st.booleans())
    operands = [DenseMatrix(matrix.shape, seed=seed) if dense else rotated(matrix, seed, form) for seed in seeds]
    b = DenseMatrix((matrix.shape[1], 5))
    ops = [
        matmul_op(a, b, form, machine.default_dtype, name=str(seed)) for a, seed in zip(operands, seeds, strict=True)
    ]
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


def rotated(matrix, by, form):
    """The matrix with its columns moved `by` places around, as far as the format holds it."""
    return held(SparseMatrix.from_dense(np.roll(matrix.to_array(), by, axis=1)), form)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize(("m", "k", "n"), [(8, 8, 0), (0, 8, 8), (8, 0, 8), (0, 0, 0), (8, 8, 1)])
@pytest.mark.parametrize("filled", [False, True])
def test_products_without_rows_columns_depth_or_non_zeros_are_possible(name, m, k, n, filled):
    machine = alone(name)
    for form in accepted(name):
        a = held(SparseMatrix.from_dense(np.eye(m, k) * filled), form)
        for b in (DenseMatrix((k, n)), SparseMatrix.from_dense(np.zeros((k, n)))):
            op = matmul_op(a, b, form, machine.default_dtype)
            if not (machine.unit.reads(op) or machine.unit.unpacks(op)):
                continue
            result = simulate(op, machine)
            figures = [result.seconds, result.power_w, *result.energy_pj.values(), *result.dram_bytes.values()]
            assert all(np.isfinite(figure) and figure >= 0 for figure in figures)
            assert 0 <= result.utilisation <= 1
            assert product_of(machine, op).shape == (m, n)


@pytest.mark.parametrize("unit", get_args(AcceleratorSpec))
def test_every_field_of_a_unit_says_whether_it_grows_with_the_unit(unit):
    scaling = getattr(unit, "scaling", None)
    assert scaling is not None, f"{unit.__name__} does not say what of it grows: see `scaling` in CONTRIBUTING.md"
    answers = [*scaling.width, *scaling.buffers, *scaling.fixed, *scaling.measured]
    assert sorted(field.partition(".")[0] for field in answers) == sorted(set(unit.model_fields) - {"kind"})
    assert "macs_per_cycle" in scaling.width
    assert not scaling.parts or scaling.parts in scaling.width


LARGE = {
    "tensor_core": (8192, 2048, 2048),
    "sparse_tensor_core": (8192, 2048, 2048),
    "vector_spmm": (8192, 2048, 1024),
    # Long rows are bound by their own conflicts, whatever the width.
    "gather_spmv": (1 << 18, 32, 1),
}
"""M, K, N of products with many times the waves of a unit."""


def ideal(machine):
    """The machine with a kernel that waits for nothing but its unit."""
    (name,) = machine.library
    nothing = {"launch_ns": 0, "launch_interval_ns": 0, "dram.latency_ns": 0, "dram.bandwidth_bytes_per_s": 10**16}
    nothing |= {f"kernels.{name}.launch_ns": 0, f"kernels.{name}.launch_interval_ns": 0}
    return with_fields(machine, nothing | ({"power.cap_w": None} if machine.power else {}))


@pytest.mark.parametrize("name", DESIGNS)
def test_a_unit_of_twice_the_width_takes_half_the_time_for_a_large_product(name):
    """What feeds and follows the multipliers grows with them, or the unit would wait for it."""
    machine, form = ideal(alone(name)), first_taken(name)
    m, k, n = LARGE.get(machine.unit.kind, (8192, 2048, 128))
    a = SparseMatrix.from_dense(np.tile([1, 1, 0, 0, 0, 0, 0, 0], (m, k // 8)))
    op = matmul_op(a, DenseMatrix((k, n)), form, machine.default_dtype)
    changes = {f"accelerator.{path}": value for path, value in machine.unit.grown(2).items()}
    once, twice = (simulate(op, each).seconds for each in (machine, with_fields(machine, changes)))
    assert 0.45 < twice / once < 0.6
