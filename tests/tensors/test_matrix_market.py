import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from sparsesim.errors import InputError
from sparsesim.tensors import SparseMatrix, read_matrix, write_matrix
from sparsesim.tensors.matrix_market import parse_matrix_market, print_matrix_market
from tests.strategies import patterns, sparse_matrices

HEADER = "%%MatrixMarket matrix coordinate"


def parse(text: str) -> SparseMatrix:
    return parse_matrix_market(io.BytesIO(text.encode()), "m.mtx")


def test_general_real_unsorted_with_duplicates_zeros_and_comments() -> None:
    matrix = parse(f"{HEADER} real general\n% a comment\n2 3 5\n2 3 1.5\n1 1 2\n2 3 1\n1 2 0\n2 1 -4e-1\n")
    assert matrix.to_array().tolist() == [[2, 0, 0], [-0.4, 0, 2.5]]
    assert matrix.nnz == 3


def test_symmetric_storage_is_unfolded() -> None:
    assert parse(f"{HEADER} real symmetric\n2 2 2\n1 1 5\n2 1 3\n").to_array().tolist() == [[5, 3], [3, 0]]
    assert parse(f"{HEADER} integer skew-symmetric\n2 2 1\n2 1 3\n").to_array().tolist() == [[0, -3], [3, 0]]


def test_a_pattern_has_no_values() -> None:
    matrix = parse(f"{HEADER} pattern symmetric\n3 3 2\n2 1\n3 3\n")
    assert matrix.values is None
    assert (matrix.indptr.tolist(), matrix.indices.tolist()) == ([0, 1, 2, 3], [1, 0, 2])


def test_array_layout_and_empty_matrices() -> None:
    assert parse("%%MatrixMarket matrix array real general\n2 2\n1\n0\n3\n4\n").to_array().tolist() == [[1, 3], [0, 4]]
    assert parse(f"{HEADER} real general\n0 5 0\n").shape == (0, 5)
    assert parse(f"{HEADER} real general\n4 5 0\n").nnz == 0


def test_folded_array_layout() -> None:
    ones = "1\n" * (100 * 99 // 2)
    skew = parse(f"%%MatrixMarket matrix array integer skew-symmetric\n100 100\n{ones}").to_array()
    assert np.array_equal(skew, np.tri(100, k=-1) - np.tri(100, k=-1).T)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Not a Matrix Market file"),
        ("%%MatrixMarkt matrix coordinate real general\n1 1 1\n1 1 1\n", "Not a Matrix Market file"),
        (f"{HEADER} weird general\n1 1 1\n1 1 1\n", "weird"),
        (f"{HEADER} complex general\n1 1 1\n1 1 1 2\n", "complex general values cannot be used"),
        (f"{HEADER} real hermitian\n1 1 1\n1 1 1\n", "hermitian values cannot be used"),
        (f"{HEADER} real general\n2 x 1\n1 1 1\n", "Invalid integer"),
        (f"{HEADER} real general\n2 2 3\n1 1 3.5\n2 2 4\n", "Truncated file. Expected another 1 lines"),
        (f"{HEADER} real general\n2 2 1\n1 1 3.5\n2 2 4\n", "Line 4: Too many lines"),
        (f"{HEADER} real general\n2 2 1\n3 1 3.5\n", "Line 3: Row index out of bounds"),
        (f"{HEADER} real general\n2 2 1\n1 0 3.5\n", "Line 3: Column index out of bounds"),
        (f"{HEADER} real general\n2 2 1\n1 1\n", "Line 3: Invalid floating-point"),
        (f"{HEADER} real general\n2 2 1\n1.5 1 3\n", "Line 3: Invalid integer"),
        (f"{HEADER} real general\n2 2 1\n2 1 nan\n", "value nan at row 1, column 0 is not finite"),
        (f"{HEADER} real general\n2 2 1\n2 1 inf\n", "value inf at row 1, column 0 is not finite"),
        (f"{HEADER} real general\n2 2 9000000000000\n1 1 3\n", "promises 9000000000000 entries"),
        ("%%MatrixMarket matrix array real general\n2000000 2000000\n1\n", "promises 4000000000000 entries"),
        (f"{HEADER} real general\n9000000000 2 1\n1 1 3\n", "larger than 2147483647 on a side"),
        (f"{HEADER} real symmetric\n2 3 1\n1 1 3\n", "symmetric, but the matrix is 2 x 3"),
    ],
)
def test_malformed_text_is_one_line_that_names_file_and_fault(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse(text)
    assert str(error.value).startswith("m.mtx: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@given(matrix=sparse_matrices(values=(1 / 3, -1e-30, 7.0, 1e30)) | sparse_matrices() | patterns())
@settings(deadline=None, max_examples=60)
def test_written_text_reads_back_exactly(matrix: SparseMatrix) -> None:
    assert parse_matrix_market(io.BytesIO(print_matrix_market(matrix)), "m.mtx").equals(matrix)


@pytest.mark.parametrize(
    ("name", "shape", "nnz"),
    [
        ("cage5", (37, 37), 233),
        ("west0479", (479, 479), 1888),  # 1910 stored, 22 of them zeros
        ("494_bus", (494, 494), 1666),  # symmetric
        ("lp_e226", (223, 472), 2768),
        ("wiki-Vote", (8297, 8297), 103689),
        ("cora_features", (2708, 1433), 49216),
    ],
)
def test_real_files_have_their_published_counts(data_dir: Path, name: str, shape: tuple[int, int], nnz: int) -> None:
    matrix = read_matrix(data_dir / "matrices" / f"{name}.mtx.gz")
    assert (matrix.shape, matrix.nnz) == (shape, nnz)
    assert (matrix.values is None) == (name in ("wiki-Vote", "cora_features"))


def test_gzipped_files_are_the_same_every_time(tmp_path: Path) -> None:
    matrix = SparseMatrix.from_dense([[1.0, 0.0], [0.0, 0.1]])
    first, second = tmp_path / "a.mtx.gz", tmp_path / "b.mtx.gz"
    write_matrix(matrix, first)
    write_matrix(matrix, second)
    assert first.read_bytes() == second.read_bytes()
    assert gzip.decompress(first.read_bytes()).startswith(b"%%MatrixMarket matrix coordinate real general")
    assert np.array_equal(read_matrix(first).to_array(), matrix.to_array())
