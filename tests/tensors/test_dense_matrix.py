"""Dense and lazily drawn matrices."""

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.tensors import DenseMatrix, DrawnMatrix, SparseMatrix, tensor_from_array


def test_a_dense_matrix_counts_every_entry() -> None:
    dense = DenseMatrix((3, 4))
    assert (dense.nnz, dense.density) == (12, 1.0)
    assert DenseMatrix((0, 4)).density == 0
    assert dense.to_sparse().equals(SparseMatrix.from_mask(np.ones((3, 4), np.bool_)))


def test_values_are_drawn_from_the_seed_or_given() -> None:
    assert np.array_equal(DenseMatrix((3, 4), seed=1).to_array(), DenseMatrix((3, 4), seed=1).to_array())
    assert not np.array_equal(DenseMatrix((3, 4), seed=1).to_array(), DenseMatrix((3, 4), seed=2).to_array())
    values = np.arange(1.0, 7.0).reshape(2, 3)
    given = DenseMatrix((2, 3), values)
    assert given.to_array() is values
    assert np.array_equal(given.to_sparse().to_array(), values)
    with pytest.raises(InputError, match=r"values have shape \(2, 3\)"):
        DenseMatrix((3, 2), values)


def test_a_drawn_matrix_is_drawn_once() -> None:
    drawn: list[int] = []

    def draw() -> SparseMatrix:
        drawn.append(1)
        return SparseMatrix.from_dense([[1.0, 0.0], [0.0, 3.0]])

    matrix = DrawnMatrix((2, 2), 2, (1, 2), draw)
    assert (matrix.nnz, matrix.density, drawn) == (2, 0.5, [])
    assert matrix.to_array().tolist() == [[1, 0], [0, 3]]
    assert matrix.to_sparse() is matrix.to_sparse()
    assert drawn == [1]


def test_arrays_without_zeros_become_dense() -> None:
    assert isinstance(tensor_from_array(np.ones((2, 2))), DenseMatrix)
    assert isinstance(tensor_from_array(np.eye(2)), SparseMatrix)
    with pytest.raises(InputError, match="value inf at row 0, column 1 is not finite"):
        tensor_from_array(np.array([[1.0, np.inf]]))
    with pytest.raises(InputError, match="is not finite"):
        tensor_from_array(np.array([[0.0, np.nan]]))


def test_values_are_drawn_when_they_are_asked_for():
    asked = []

    def draw():
        asked.append(1)
        return np.full((2, 3), 7.0, np.float32)

    matrix = DenseMatrix((2, 3), draw=draw)
    assert (matrix.nnz, matrix.density, asked) == (6, 1.0, [])
    assert (matrix.to_array() == 7).all()
    assert matrix.to_sparse().equals(DenseMatrix((2, 3), np.full((2, 3), 7.0, np.float32)).to_sparse())
    assert len(asked) == 2
