"""The loops over weights equal NumPy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.lowering.kernels import mark_columns, renumber
from sparsesim.tensors import SparseMatrix


@st.composite
def groups(draw):
    """(bool[groups, rows, columns], the matrix of its groups below each other)."""
    shape = draw(st.tuples(*[st.integers(1, 5)] * 3))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    dense = random.random(shape) < draw(st.sampled_from((0.05, 0.3, 0.9)))
    return dense, SparseMatrix.from_mask(dense.reshape(-1, shape[2]))


@settings(max_examples=60, deadline=None)
@given(case=groups())
def test_occupied_columns(case):
    dense, matrix = case
    found = np.zeros((dense.shape[0], dense.shape[2]), np.bool_)
    mark_columns(matrix.indptr, matrix.indices, found)
    np.testing.assert_array_equal(found, dense.any(axis=1))


@settings(max_examples=60, deadline=None)
@given(case=groups(), seed=st.integers(0, 99))
def test_new_numbers_are_those_of_the_group(case, seed):
    dense, matrix = case
    places = np.random.default_rng(seed).integers(0, 1000, (dense.shape[0], dense.shape[2]))
    found = np.empty_like(matrix.indices)
    renumber(matrix.indptr, matrix.indices, places, found)
    group, _, column = np.nonzero(dense)
    np.testing.assert_array_equal(found, places[group, column])
