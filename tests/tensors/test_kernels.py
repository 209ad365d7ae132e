"""CSR of dense arrays and masks against SciPy, on one thread and several, and without large temporaries."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sparsesim import _jit
from sparsesim.errors import InputError
from sparsesim.tensors import SparseMatrix

shapes = st.tuples(st.integers(0, 6), st.integers(0, 40))
entries = st.sampled_from([0.0, 0.0, -0.0, 1.0, -2.5, 2.0**-149])
matrices = st.sampled_from([np.dtype(np.float32), np.dtype(np.float64)]).flatmap(
    lambda dtype: hnp.arrays(dtype, shapes, elements=entries)
)


def assert_csr(matrix: SparseMatrix, expected: sp.csr_array, values: bool) -> None:
    expected.sort_indices()
    np.testing.assert_array_equal(matrix.indptr, expected.indptr)
    np.testing.assert_array_equal(matrix.indices, expected.indices)
    assert matrix.shape == expected.shape
    assert matrix.indices.dtype == matrix.indptr.dtype == np.int64
    assert not matrix.indices.flags.writeable
    if values:
        np.testing.assert_array_equal(matrix.values, expected.data)
    else:
        assert matrix.values is None


@settings(max_examples=100, deadline=None)
@given(matrices)
def test_csr_of_an_array_is_that_of_scipy(array):
    assert_csr(SparseMatrix.from_dense(array), sp.csr_array(array), values=True)


@settings(max_examples=100, deadline=None)
@given(hnp.arrays(np.bool_, shapes))
def test_csr_of_a_mask_is_that_of_scipy(mask):
    assert_csr(SparseMatrix.from_mask(mask), sp.csr_array(mask), values=False)


@pytest.mark.parametrize("threads", [2, 3, 7])
@pytest.mark.parametrize("density", [0.0, 0.1, 0.9, 1.0])
def test_the_number_of_threads_does_not_show(threads, density, monkeypatch):
    monkeypatch.setattr(_jit, "LEAST_WORK", 8)
    mask = np.random.default_rng(1).random((53, 61)) < density
    array = np.where(mask, 1.5, 0)
    assert_csr(SparseMatrix.from_mask(mask, threads), sp.csr_array(mask), values=False)
    assert_csr(SparseMatrix.from_dense(array, threads), sp.csr_array(array), values=True)


def test_an_array_of_many_slabs():
    mask = np.random.default_rng(2).random((700, 901)) < 0.2
    assert_csr(SparseMatrix.from_dense(mask.astype(np.float32)), sp.csr_array(mask), values=True)
    assert_csr(SparseMatrix.from_mask(mask[:, ::2]), sp.csr_array(mask[:, ::2]), values=False)


def test_other_dimensions_are_refused():
    for build in (SparseMatrix.from_mask, SparseMatrix.from_dense):
        with pytest.raises(InputError, match="a matrix has 2 dimensions, this array has 1"):
            build(np.ones(3, np.bool_))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(bad):
    array = np.zeros((3, 9))
    array[1, 4] = bad
    with pytest.raises(InputError, match=rf"value {bad} at row 1, column 4 is not finite"):
        SparseMatrix.from_dense(array)


@pytest.mark.parametrize("threads", [1, 2])
def test_one_bit_per_entry_and_the_result_are_allocated(threads):
    mask = np.random.default_rng(3).random((1000, 4000)) < 0.1
    SparseMatrix.from_mask(mask[:10])
    tracemalloc.start()
    matrix = SparseMatrix.from_mask(mask, threads)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < matrix.indices.nbytes + mask.size / 4 + 0.3e6
