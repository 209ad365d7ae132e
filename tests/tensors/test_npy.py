import io
from pathlib import Path

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.tensors import SparseMatrix, read_matrix, write_matrix
from sparsesim.tensors.npy import parse_npy
from tests.tensors.test_npz import saved

DENSE = np.array([[0.0, 1.5, 0.0], [2.0, 0.0, -1.0]])


def stored(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", "f8", "i1", "u1", "i8", "?"])
def test_every_real_number_type(dtype: str, tmp_path: Path) -> None:
    array = np.array([[0, 1, 0], [1, 0, 1]]).astype(dtype)
    (tmp_path / "m.npy").write_bytes(stored(np.asfortranarray(array)))
    matrix = read_matrix(tmp_path / "m.npy")
    assert matrix.to_array().tolist() == array.astype(float).tolist()
    assert matrix.nnz == 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a readable .npy file"),
        (b"PK\x03\x04", "not a readable .npy file"),
        (stored(DENSE)[:-8], "not a readable .npy file"),
        (
            stored(np.array([{}, {}])),
            "not a readable .npy file (type object: Python objects are not read)",
        ),
        (stored(DENSE[0]), "an array [3], where a matrix [rows, columns] is needed; store a vector as 3 x 1"),
        (stored(DENSE[None]), "an array [1, 2, 3], where a matrix"),
        (stored(np.float64(1)), "an array [], where a matrix"),
        (stored(DENSE.astype(complex)), "an array of complex128, where real numbers"),
        (stored(np.array([["a"]])), "an array of <U1, where real numbers"),
        (stored(np.array([[1.0, np.nan]])), "value nan at row 0, column 1 is not finite"),
        (stored(np.array([[np.inf, 0.0]])), "value inf at row 0, column 0 is not finite"),
    ],
)
def test_anything_else_names_file_and_fault(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse_npy(io.BytesIO(data), "m.npy")
    assert str(error.value).startswith("m.npy: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_only_array_of_an_archive_needs_no_name(tmp_path: Path) -> None:
    (tmp_path / "one.npz").write_bytes(saved(weight=DENSE))
    assert read_matrix(tmp_path / "one.npz").equals(SparseMatrix.from_dense(DENSE))


def test_one_of_several_arrays_is_named(tmp_path: Path) -> None:
    path = tmp_path / "two.npz"
    path.write_bytes(saved(**{"fc1.weight": DENSE, "block/fc2": DENSE.T, "bias": DENSE[0]}))
    assert read_matrix(path / "fc1.weight").equals(SparseMatrix.from_dense(DENSE))
    assert read_matrix(f"{path}/block/fc2").shape == read_matrix(path, "block/fc2").shape == (3, 2)
    with pytest.raises(
        InputError, match=r"two.npz: holds 3 arrays, name one .*two.npz/KEY: fc1.weight \[2, 3\], block"
    ):
        read_matrix(path)
    with pytest.raises(InputError, match=r"two.npz: no array 'fc3'; it holds fc1.weight, block/fc2, bias"):
        read_matrix(path / "fc3")
    with pytest.raises(InputError, match=r"two.npz/bias: an array \[3\]"):
        read_matrix(path / "bias")


def test_matrices_are_not_written_as_npy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown suffix '.npy'; known: .mtx, .smtx, .npz,"):
        write_matrix(SparseMatrix.from_dense(DENSE), tmp_path / "m.npy")
