import io

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings

from sparsesim.errors import InputError
from sparsesim.tensors import SparseMatrix
from sparsesim.tensors.npz import parse_npz, print_npz
from tests.strategies import patterns, sparse_matrices

EXAMPLE = SparseMatrix.from_dense(np.array([[0.0, 1.5, 0.0], [2.0, 0.0, -1.0]]))


def saved(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@given(matrix=sparse_matrices() | patterns())
@settings(deadline=None, max_examples=40)
def test_written_arrays_read_back(matrix: SparseMatrix) -> None:
    assert parse_npz(io.BytesIO(print_npz(matrix)), "m.npz").equals(matrix)


@pytest.mark.parametrize("layout", ["csr", "csc", "coo"])
def test_files_of_scipy(layout: str) -> None:
    file = io.BytesIO()
    sp.save_npz(file, EXAMPLE.to_scipy().asformat(layout))
    assert parse_npz(io.BytesIO(file.getvalue()), "m.npz").equals(EXAMPLE)


def test_scipy_reads_ours() -> None:
    assert (sp.load_npz(io.BytesIO(print_npz(EXAMPLE))).toarray() == EXAMPLE.to_array()).all()


def csr(**changes: object) -> bytes:
    arrays = {"format": b"csr", "shape": [2, 3], "indptr": [0, 1, 2], "indices": [1, 0], "data": [1.0, 2.0]}
    return saved(**{key: value for key, value in {**arrays, **changes}.items() if value is not None})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a readable .npz archive"),
        (b"PK\x03\x04 and no more", "not a readable .npz archive"),
        (csr()[:-30], "not a readable .npz archive"),
        (saved(weight=np.ones(2)), "m.npz/weight: an array [2], where a matrix"),
        (saved(weight=np.ones((2, 2)), format=np.ones(2)), "its format is None"),
        (saved(), "holds 0 arrays"),
        (csr(format=b"bsr"), "its format is bsr"),
        (csr(indptr=None), "array 'indptr' is missing; found data, format, indices, shape"),
        (csr(indices=[1.0, 0.0]), "array 'indices' is 1-dimensional float64"),
        (csr(indices=[1, 3]), "column 3 lies outside a 2 x 3 matrix"),
        (csr(indices=[1, -1]), "column -1 lies outside a 2 x 3 matrix"),
        (csr(indptr=[0, 1]), "indptr must hold 3 ascending offsets"),
        (csr(indptr=[0, 2, 1]), "indptr must hold 3 ascending offsets"),
        (csr(shape=[2]), "shape is [2]"),
        (csr(shape=[-1, 3]), "not negative"),
        (csr(indptr=[]), "array 'indptr' is 1-dimensional float64"),
        (csr(data=[1.0]), "1 values"),
        (csr(data=[1.0, np.nan]), "nan"),
        (csr(data=[1j, 2j]), "complex128 cannot be used"),
        (csr(data=np.array([{}, {}], dtype=object)), "allow_pickle=False"),
    ],
)
def test_malformed_archives_name_file_and_fault(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse_npz(io.BytesIO(data), "m.npz")
    assert str(error.value).startswith("m.npz")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_single_array_is_not_an_archive() -> None:
    file = io.BytesIO()
    np.save(file, np.ones(3))
    with pytest.raises(InputError, match="does not begin as a zip file"):
        parse_npz(io.BytesIO(file.getvalue()), "m.npz")
