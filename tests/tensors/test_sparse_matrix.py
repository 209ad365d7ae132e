import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.tensors import SparseMatrix
from tests.strategies import dense_arrays, masks, patterns, sparse_matrices


@given(dense=dense_arrays())
@settings(deadline=None)
def test_from_dense_and_back(dense: np.ndarray) -> None:
    matrix = SparseMatrix.from_dense(dense)
    assert np.array_equal(matrix.to_array(), dense)
    assert matrix.value_array().dtype == dense.dtype
    expected = sp.csr_array(dense)
    assert np.array_equal(matrix.indptr, expected.indptr)
    assert np.array_equal(matrix.indices, expected.indices)
    assert matrix.density == (np.count_nonzero(dense) / dense.size if dense.size else 0)
    assert matrix.row_lengths.tolist() == np.count_nonzero(dense, axis=1).tolist()


@given(mask=masks())
@settings(deadline=None)
def test_from_mask_has_no_values(mask: np.ndarray) -> None:
    matrix = SparseMatrix.from_mask(mask)
    assert matrix.values is None
    assert np.array_equal(matrix.to_array() != 0, mask)


@given(matrix=sparse_matrices() | patterns())
@settings(deadline=None)
def test_transposed(matrix: SparseMatrix) -> None:
    assert np.array_equal(matrix.transposed.to_array(), matrix.to_array().T)
    assert matrix.transposed.transposed.equals(matrix)


@given(matrix=sparse_matrices(), seed=st.integers(0, 99))
@settings(deadline=None)
def test_triplets_in_any_order(matrix: SparseMatrix, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(matrix.nnz)
    rows = np.repeat(np.arange(matrix.shape[0]), matrix.row_lengths)
    arrays = (rows[order], matrix.indices[order], matrix.value_array()[order])
    assert SparseMatrix.from_coo(matrix.shape, *arrays).equals(matrix)
    assert SparseMatrix.from_scipy(sp.csc_array(matrix.to_scipy())).equals(matrix)
    assert all(matrix.row_of(position) == row for position, row in enumerate(rows))


def test_duplicates_are_added_and_zeros_dropped() -> None:
    matrix = SparseMatrix.from_coo((2, 3), [1, 0, 1, 0], [2, 0, 2, 1], [1.0, 0.0, 4.0, 2.0])
    assert matrix.to_array().tolist() == [[0, 2, 0], [0, 0, 5]]
    assert SparseMatrix.from_csr((1, 3), [0, 4], [2, 0, 2, 1], [1.0, 3.0, -1.0, 0.0]).indices.tolist() == [0]
    assert SparseMatrix.from_csr((1, 3), [0, 3], [2, 0, 2]).indices.tolist() == [0, 2]


def test_number_types() -> None:
    assert SparseMatrix.from_dense(np.ones((1, 1), np.float16)).value_array().dtype == np.float32
    assert SparseMatrix.from_dense(np.ones((1, 1), np.int8)).value_array().dtype == np.float32
    assert SparseMatrix.from_dense(np.ones((1, 1), np.int64)).value_array().dtype == np.float64
    with pytest.raises(InputError, match="complex128 cannot be used"):
        SparseMatrix.from_dense(np.ones((1, 1), np.complex128))


def test_arrays_are_read_only_and_results_are_copies() -> None:
    matrix = SparseMatrix.from_dense([[1.0, 2.0]])
    for array in (matrix.indptr, matrix.indices, matrix.value_array()):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5
    matrix.to_scipy().data[0] = 7
    assert matrix.value_array().tolist() == [1, 2]


def test_equality_looks_at_shape_positions_and_values() -> None:
    matrix = SparseMatrix.from_dense([[1.0, 0.0]])
    assert matrix.equals(SparseMatrix.from_dense([[1.0, 0.0]]))
    others = ([[1.0]], [[2.0, 0.0]], [[0.0, 1.0]])
    assert not any(matrix.equals(SparseMatrix.from_dense(other)) for other in others)
    assert not matrix.equals(matrix.pattern())
    assert matrix.pattern().equals(SparseMatrix.from_mask(np.array([[True, False]])))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SparseMatrix((1, 2), np.array([0, 2]), np.array([1, 0])), "row 0 is not canonical"),
        (lambda: SparseMatrix((1, 2), np.array([0, 2]), np.array([1, 1])), "row 0 is not canonical"),
        (lambda: SparseMatrix((1, 2), np.array([0, 1]), np.array([2])), "row 0 is not canonical"),
        (lambda: SparseMatrix((1, 2), np.array([0, 1]), np.array([-1])), "row 0 is not canonical"),
        (lambda: SparseMatrix((3, 2), np.array([0, 1, 0, 1]), np.array([0])), "row 1 is not canonical"),
        (lambda: SparseMatrix((2, 2), np.array([0, 1]), np.array([0])), "a matrix of 2 rows needs 3"),
        (lambda: SparseMatrix((1, 2), np.array([0, 2]), np.array([0])), "not 0 to nnz 1"),
        (lambda: SparseMatrix((-1, 2), np.array([0]), np.array([])), "negative side"),
        (lambda: SparseMatrix((1, 1), np.array([0, 1]), np.array([0]), np.ones(2)), "2 values for 1 indices"),
        (lambda: SparseMatrix.from_dense([[0.0, np.nan]]), "value nan at row 0, column 1 is not finite"),
        (lambda: SparseMatrix.from_dense([1.0]), "a matrix has 2 dimensions"),
        (lambda: SparseMatrix.from_coo((2, 2), [2], [0]), "row 2 lies outside a 2 x 2 matrix"),
        (lambda: SparseMatrix.from_coo((2, 2), [0], [-1]), "column -1 lies outside"),
        (lambda: SparseMatrix.from_csr((1, 2), [1, 1], []), "ascending offsets that start at 0"),
        (lambda: SparseMatrix.from_dense([[1.0]]).with_values([0.0]), "stores no zeros"),
    ],
)
def test_bad_arrays_are_refused(make, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
