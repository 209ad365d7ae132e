import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.accelerators import kernels, reference
from sparsesim.accelerators.arithmetic import shares, weighted_shares
from sparsesim.tensors import SparseMatrix
from tests.strategies import sparse_matrices


@settings(max_examples=60, deadline=None)
@given(sparse_matrices())
def test_product_nnz_equals_its_reference(a):
    b = a.transposed
    assert kernels.product_nnz(b.shape[1], a.indptr, a.indices, b.indptr, b.indices) == reference.product_nnz(a, b)


def test_product_nnz_counts_positions_that_cancel():
    a = SparseMatrix.from_dense([[1.0, -1.0]])
    b = SparseMatrix.from_dense([[2.0], [2.0]])
    assert kernels.product_nnz(1, a.indptr, a.indices, b.indptr, b.indices) == 1


@given(st.integers(0, 10**15), st.integers(0, 50))
def test_shares_add_up_and_differ_by_at_most_one(total, parts):
    parted = shares(total, parts)
    assert len(parted) == parts
    if parts:
        assert parted.sum() == total
        assert parted.max() - parted.min() <= 1


@given(st.integers(0, 10**12), st.lists(st.integers(0, 1000), min_size=1, max_size=30))
def test_weighted_shares_add_up_and_follow_the_weights(total, weights):
    parted = weighted_shares(total, np.array(weights, np.int64))
    assert parted.sum() == total
    assert (parted >= 0).all()
    if sum(weights):
        exact = total * np.array(weights) / sum(weights)
        assert np.abs(parted - exact).max() <= 1 + total * 1e-12
