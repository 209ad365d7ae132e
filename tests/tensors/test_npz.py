import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings

from sparsesim.errors import InputError
from sparsesim.limits import memory_budget
from sparsesim.tensors import SparseMatrix, read_matrix
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
        (csr(data=np.array([{}, {}], dtype=object)), "Python objects are not read"),
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


def packed(header: bytes, body: bytes = b"", name: str = "w.npy") -> bytes:
    """An archive of one member with this header of an array."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body)
    return file.getvalue()


def header(shape: str = "(2, 2)", descr: str = "'<f8'") -> bytes:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()


@pytest.mark.parametrize(
    ("head", "body", "message"),
    [
        (b"{", b"", "not a readable .npy file"),
        (b"((((((((((", b"", "not a readable .npy file"),
        (b"[" * 9000, b"", "not a readable .npy file"),
        (b"{'descr': 5}", b"", "not a readable .npy file"),
        (b"{'descr': '<f8', 'fortran_order': 7, 'shape': (2, 2)}", b"", "not a readable .npy file"),
        (b"\xff\xfe\x00", b"", "not a readable .npy file"),
        (b" " * 20000, b"", "not a readable .npy file"),
        (header("(2.5, 2)"), bytes(32), "not a readable .npy file"),
        (header("(-1, 2)"), bytes(32), "shape: (-1, 2): must be whole numbers from 0 up"),
        (header(descr="'<f9'"), bytes(32), "not a readable .npy file"),
        (header(descr="'|O'"), bytes(32), "Python objects are not read"),
        (header(descr="[('a', '<f8'), ('b', '|O')]"), bytes(32), "Python objects are not read"),
        (header(descr="[('a', '<f8')]"), bytes(32), "where real numbers are needed"),
        (header(), bytes(31), "the header promises 32 bytes, but only 31 follow"),
        (header(), bytes(33), "more than the 32 bytes that the header promises"),
        (header(f"({2**62}, {2**62})"), b"", "4.61e+18 x 4.61e+18 x 8 is more than"),
        (header(f"({10**400}, 2)"), b"", "1e+400 x 2 x 8 is more than"),
        (header("(1000000, 1000000)"), b"", "a 1000000 x 1000000 matrix of float64 needs 32 TB of memory"),
    ],
)
def test_a_broken_header_names_file_and_member(head: bytes, body: bytes, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse_npz(io.BytesIO(packed(head, body)), "m.npz")
    assert str(error.value).startswith("m.npz/w: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_arrays_that_are_not_asked_for_are_not_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in (("a.npy", bytes(32)), ("b.npy", b"short")):
            head = header("(2, 2)") if name == "a.npy" else header("(9999999999, 99)")
            archive.writestr(name, b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + body)
    assert parse_npz(io.BytesIO(file.getvalue()), "m.npz", "a").shape == (2, 2)
    with pytest.raises(InputError, match=r"m.npz/b: a 9999999999 x 99 matrix of float64 needs 31.7 TB of memory"):
        parse_npz(io.BytesIO(file.getvalue()), "m.npz", "b")


def test_memory_is_asked_for_before_it_is_taken(tmp_path: Path) -> None:
    rows = 10**6
    np.savez_compressed(tmp_path / "dense.npz", w=np.zeros((rows, 10)))
    sparse = {"indices": np.zeros(0, np.int64), "indptr": np.zeros(rows + 1, np.int64), "data": np.zeros(0)}
    np.savez_compressed(tmp_path / "csr.npz", format=np.array(b"csr"), shape=[rows, 3], **sparse)
    for name, need in (("dense", "320 MB"), ("csr", "24 MB")):
        tracemalloc.start()
        with memory_budget(10**6), pytest.raises(InputError, match=rf"{name}.npz.*: a 1000000 x .* needs {need}"):
            read_matrix(tmp_path / f"{name}.npz")
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak_bytes < 2e6
    assert read_matrix(tmp_path / "csr.npz").shape == (rows, 3)


@pytest.mark.parametrize("code", ["<f2", ">f8", "<i8", "|b1", ">u4"])
def test_every_number_type_in_any_order(code: str) -> None:
    array = np.asfortranarray(np.array([[0, 1, 1], [1, 0, 1]], code))
    assert parse_npz(io.BytesIO(saved(w=array)), "m.npz").to_array().tolist() == array.astype(float).tolist()


def test_values_that_would_change_are_refused() -> None:
    long = csr(data=np.array([2**53 + 1, 1], np.int64))
    with pytest.raises(InputError, match=r"m.npz: value 9007199254740993 of type int64 is no float64 number"):
        parse_npz(io.BytesIO(long), "m.npz")
