"""The same unit for square blocks."""

import numpy as np
import pytest

from sparsesim.hardware import load_machine
from sparsesim.matmul import matmul_op
from sparsesim.tensors import DenseMatrix, SparseMatrix
from sparsesim.tensors.generators import block


@pytest.fixture(scope="module")
def unit():
    return load_machine("a100-pcie").only("block-spmm").unit


def product(a, format, columns=64):
    return matmul_op(a, DenseMatrix((a.shape[1], columns), seed=1), format, "fp16")


@pytest.mark.parametrize("side", [16, 32, 64])
def test_the_product_is_that_of_numpy(unit, side):
    random = np.random.default_rng(3)
    a = SparseMatrix.from_dense(random.standard_normal((100, 130)) * (random.random((100, 130)) < 0.05))
    op = product(a, f"bsr-{side}x{side}", 70)
    expected = a.to_array().astype(np.float64) @ op.b.tensor.to_array()
    np.testing.assert_allclose(unit.execute(op), expected, rtol=1e-9, atol=1e-9)


def test_only_square_blocks_are_read(unit):
    a = block(128, 128, 16, 16, 0.2)
    assert unit.reads(product(a, "bsr-16x16"))
    assert not any(unit.reads(product(a, format)) for format in ("csr", "bsr-16x1", "bsr-8x8", "bsr-16x32"))


def test_kernels_for_vectors_read_no_square_blocks():
    vectors = load_machine("a100-pcie").only("vector-spmm").unit
    a = block(128, 128, 4, 4, 0.2)
    assert vectors.reads(product(a, "bsr-4x1"))
    assert not vectors.reads(product(a, "bsr-4x4"))


def test_blocks_cost_what_they_store(unit):
    a = block(512, 512, 32, 32, 0.25)
    schedule = unit.plan(product(a, "bsr-32x32"))
    assert schedule.details["vectors"] == a.nnz // 32
    assert schedule.dram_bytes["A"] >= 2 * a.nnz
    assert schedule.actions["mult_fp16"] == a.nnz * 64
