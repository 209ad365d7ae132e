"""Simulating a product on SpArch beside SciPy computing it, both warm, one thread, in the same run.

    pytest tests/benchmarks/test_sparch_speed.py --benchmark-only --benchmark-group-by=group

Each group is one matrix: "simulate" is plan + engine + pricing, "scipy" is A @ A with the index type that SciPy itself
chooses (int32). Real matrices above 100,000 multiplies need the data folder; R-MAT matrices need nothing.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from sparsesim.engines import run_schedule
from sparsesim.hardware import load_energy_table, load_machine, price
from sparsesim.matmul import matmul_op
from sparsesim.tensors import read_matrix
from sparsesim.tensors.generators import rmat

DATA = Path(os.environ.get("SPARSESIM_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "matrices"
REAL = sorted(DATA.glob("*.mtx.gz"))
SMALLEST_MULTIPLIES = 100_000
RMAT_NNZ = (2**14, 2**16, 2**18, 2**20)
"""With eight non-zeros per row: about 4e5 to 9e8 multiplies."""


def simulation(matrix):
    machine, table = load_machine("sparch"), load_energy_table("sparch-40nm")

    def simulate():
        # A new operation each time: nothing that an operation remembers may be reused.
        schedule = machine.unit.plan(matmul_op(matrix, matrix, "csr", "fp64"))
        return price(run_schedule(schedule, machine), table)

    return simulate


def product(matrix):
    values = matrix.value_array().astype(np.float64)
    arrays = (values, matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32))
    csr = sp.csr_array(arrays, shape=matrix.shape)
    return lambda: csr @ csr


SIDES = {"simulate": simulation, "scipy": product}


def measure(benchmark, matrix, name, side):
    benchmark.group = name
    run = SIDES[side](matrix)
    run()
    benchmark(run)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name.removesuffix(".mtx.gz"))
def test_real(benchmark, path, side):
    matrix = read_matrix(path)
    if matrix.shape[0] != matrix.shape[1]:
        pytest.skip("A x A needs a square matrix")
    multiplies = int(matrix.row_lengths[matrix.indices].sum())
    if multiplies <= SMALLEST_MULTIPLIES:
        pytest.skip(f"only {multiplies} multiplies")
    measure(benchmark, matrix, path.name, side)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("nnz", RMAT_NNZ)
def test_rmat(benchmark, nnz, side):
    measure(benchmark, rmat(nnz // 8, nnz // 8, nnz, seed=1), f"R-MAT {nnz}", side)
