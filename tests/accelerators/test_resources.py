"""What decides the time inside every unit: each machine's kernels on operands of any shape."""

from functools import cache
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators import AcceleratorSpec, candidates_of
from sparsesim.accelerators.arithmetic import in_proportion
from sparsesim.accelerators.processor import Processor
from sparsesim.accelerators.tensor_core.tiling import Grid, Tile
from sparsesim.errors import SparsesimError
from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.matmul import matmul_op
from sparsesim.resources import RESOURCES
from sparsesim.simulation import simulate
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.tensors.generators import nm, uniform
from tests.strategies import sparse_matrices

TABLE = load_energy_table("horowitz-45nm")
OF_ALL = {"launch", "memory", "latency", "power"}


MACHINES = (
    "a100-pcie",
    "h100-sxm",
    "v100",
    "sparch",
    "core-i7-5930k",
    "titan-x",
    "sparseloop-tc",
    "sparseloop-stc",
    "rtx-4090",
)


@cache
def kernels():
    """Every kernel of these machines, on its own."""
    machines = [load_machine(name) for name in MACHINES]
    return {f"{machine.name} {name}": machine.only(name) for machine in machines for name in machine.library}


def test_every_unit_is_among_them():
    assert {machine.unit.kind for machine in kernels().values()} == {
        get_args(unit.model_fields["kind"].annotation)[0] for unit in get_args(AcceleratorSpec)
    }


def operands(unit, matrix, columns):
    """A in the unit's own format, which its pattern may demand, times a B with this many columns."""
    format = unit.natural_format(matrix.density, unit.default_dtype)
    if format.startswith("nm-"):
        keep, of = map(int, format.removeprefix("nm-").split(":"))
        matrix = nm(*matrix.shape, keep, of, seed=1)
    columns = min(columns, 1) if unit.kind == "gather_spmv" else columns  # it takes one vector at a time
    return matmul_op(matrix, DenseMatrix((matrix.shape[1], columns)), format, unit.default_dtype)


@pytest.mark.parametrize("name", kernels())
@settings(max_examples=20, deadline=None)
@given(
    matrix=sparse_matrices() | st.builds(uniform, st.integers(1, 300), st.integers(1, 300), st.just(0.3), st.just(1)),
    columns=st.integers(0, 9) | st.integers(100, 300),
)
def test_the_time_of_a_run_is_that_of_its_resources(name, matrix, columns):
    machine = kernels()[name]
    try:
        op = operands(machine.unit, matrix, columns)
        result = simulate(op, machine, TABLE)
    except SparsesimError:
        return
    assert result.time_s.keys() <= RESOURCES.keys() - {"compute"}
    assert sum(result.time_s.values()) == pytest.approx(result.seconds, rel=1e-12)
    assert min(result.time_s.values(), default=1) > 0
    assert list(result.time_s.values()) == sorted(result.time_s.values(), reverse=True)
    assert result.bottleneck == next(iter(result.time_s), "")
    for plan in candidates_of(machine.unit, op):
        for phase in plan.phases:
            assert sum(phase.resources.values()) == phase.compute_cycles.sum()
            assert phase.resources.keys() <= RESOURCES.keys() - OF_ALL


def test_a_name_says_what_it_means_in_a_line():
    assert RESOURCES.keys() >= OF_ALL
    assert all(meaning and len(meaning) < 100 and not meaning.endswith(".") for meaning in RESOURCES.values())


@given(st.integers(0, 10**20), st.lists(st.integers(0, 10**20), min_size=1, max_size=9))
def test_shares_in_proportion_are_exact(total, weights):
    shares = in_proportion(total, {str(number): weight for number, weight in enumerate(weights)})
    assert sum(shares.values()) == total
    whole = sum(weights) or 1
    for share, weight in zip(shares.values(), weights, strict=True):
        assert abs(share * whole - total * weight) < whole or not sum(weights)
    assert min(shares.values()) >= 0


def grid(**changes):
    """Tiles of 1000 cycles on 10 SMs."""
    return Grid(Tile(128, 128, 32), **({"tiles_m": 5, "tiles_n": 5, "kept": 1, "of": 1} | changes))


@pytest.mark.parametrize(
    ("changes", "resources"),
    [
        # 25 tiles fill 2.5 of 3 waves.
        ({"rounds": 3}, {"math": 2500, "wave tail": 500}),
        ({"rounds": 3, "bound": "l2", "prologue_cycles": 200}, {"L2": 2000, "prologue": 500, "wave tail": 500}),
        (
            {"rounds": 3, "bound": "latency", "reduce_cycles": 70},
            {"k-loop latency": 2500, "wave tail": 500, "reduction": 70},
        ),
        # A split has twice the blocks, groups have all tiles again.
        ({"rounds": 6, "split": 2}, {"math": 5000, "wave tail": 1000}),
        ({"rounds": 8, "groups": 3}, {"math": 7500, "wave tail": 500}),
        # A wave on its own would be no shorter with more SMs.
        ({"rounds": 1, "tiles_m": 1}, {"math": 1000}),
    ],
)
def test_waves_by_hand(changes, resources):
    found = grid(round_cycles=1000, **changes).resources(10)
    assert {name: cycles for name, cycles in found.items() if cycles} == resources
    assert sum(found.values()) == grid(round_cycles=1000, **changes).cycles


def spent(machine, op):
    return simulate(op, machine, TABLE).time_s


def dense_op(m, n, k, dtype="fp16"):
    return matmul_op(DenseMatrix((m, k)), DenseMatrix((k, n)), "dense", dtype)


@pytest.mark.parametrize(
    ("format", "columns", "resource"),
    [("dense", 8, "SIMD"), ("dense", 1, "SIMD"), ("csr", 8, "gather"), ("csr", 1, "gather")],
)
def test_library_kernels_multiply_or_gather(format, columns, resource):
    machine = load_machine("core-i7-5930k")
    assert isinstance(machine.unit, Processor)
    op = matmul_op(uniform(400, 400, 0.5, 1), DenseMatrix((400, columns)), format, "fp32")
    assert simulate(op, machine, TABLE).bottleneck == resource
    both = matmul_op(uniform(400, 400, 0.2, 1), uniform(400, 400, 0.2, 2), "csr", "fp32")
    assert simulate(both, machine, TABLE).bottleneck == "gather"


def test_uneven_bands_leave_schedulers_idle():
    """One row of all non-zeros among rows that have one: its block goes on alone."""
    card = load_machine("a100-sxm").only("spmm")
    rows = np.zeros((4096, 4096))
    rows[:, 0], rows[7, :] = 1, 1
    uneven = matmul_op(SparseMatrix.from_dense(rows), DenseMatrix((4096, 64)), "csr", "fp16")
    assert simulate(uneven, card, TABLE).bottleneck == "imbalance"


@pytest.mark.parametrize(("latency_cycles", "resource"), [(1e5, "warp latency"), (0.0, "issue")])
def test_a_scheduler_on_its_own_waits_or_works(latency_cycles, resource):
    unit = (
        load_machine("a100-sxm")
        .only("spmm")
        .with_accelerator(sms=1, schedulers=1, resident_warps=1, latency_cycles=latency_cycles, issue_cycles=500.0)
        .unit
    )
    (phase,) = unit.plan(matmul_op(uniform(40, 40, 0.2, 1), DenseMatrix((40, 64)), "csr", "fp16")).phases
    assert {name: cycles for name, cycles in phase.resources.items() if cycles} == {
        resource: phase.compute_cycles.sum()
    }


def test_a_decoder_that_is_too_slow_is_the_only_thing_that_decides():
    sparch = load_machine("sparch")
    op = matmul_op(uniform(600, 600, 0.01, 1), DenseMatrix((600, 4)), "dense", "fp16")
    result = simulate(op, sparch, TABLE)
    assert result.bottleneck == "unpacking"
    assert not {"multipliers", "merger", "tree fill"} & result.time_s.keys()
    assert "unpacking" not in spent(sparch.with_accelerator(unpack_values_per_cycle=1 << 20), op)
