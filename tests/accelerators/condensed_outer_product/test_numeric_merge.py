import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators import CondensedOuterProduct
from sparsesim.tensors import DenseMatrix, SparseMatrix, read_matrix
from tests.accelerators.condensed_outer_product.operations import factors, operation


def assert_product(unit, a, b):
    product = unit.execute(operation(a, b))
    expected = SparseMatrix.from_scipy(a.to_scipy().astype(np.float64) @ b.to_scipy())
    assert product.shape == expected.shape
    np.testing.assert_array_equal(product.indptr, expected.indptr)
    np.testing.assert_array_equal(product.indices, expected.indices)
    np.testing.assert_allclose(product.value_array(), expected.value_array(), rtol=1e-12)


@settings(max_examples=100, deadline=None)
@given(factors=factors(), ways=st.integers(2, 9), condensing=st.booleans(), huffman=st.booleans())
def test_the_product_equals_scipy_and_cancelled_sums_are_dropped(factors, ways, condensing, huffman):
    assert_product(CondensedOuterProduct(merge_ways=ways, condensing=condensing, huffman=huffman), *factors)


@pytest.mark.parametrize("name", ["cage5", "west0479", "lp_e226"])
def test_real_matrices(name, data_dir):
    matrix = read_matrix(data_dir / "matrices" / f"{name}.mtx.gz")
    product = CondensedOuterProduct().execute(operation(matrix, matrix.transposed))
    expected = matrix.to_scipy() @ matrix.transposed.to_scipy()
    difference = abs(product.to_scipy() - expected)
    assert difference.max() <= 1e-12 * abs(expected).max()
    assert product.nnz <= expected.nnz


def test_patterns_count_as_ones():
    ones = SparseMatrix.from_mask(np.ones((3, 3), bool))
    np.testing.assert_array_equal(CondensedOuterProduct().execute(operation(ones, ones)).to_array(), np.full((3, 3), 3))


def test_a_dense_operand_without_values_draws_them():
    a, b = DenseMatrix((5, 7), seed=1), DenseMatrix((7, 3), seed=2)
    product = CondensedOuterProduct(merge_ways=3).execute(operation(a, b))
    np.testing.assert_allclose(product.to_array(), a.to_array().astype(np.float64) @ b.to_array(), rtol=1e-12)
