import gzip
import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.limits import memory_budget
from sparsesim.tensors import SparseMatrix, matrix_market_text, read_matrix, write_matrix
from sparsesim.tensors.matrix_market import parse_matrix_market, print_matrix_market
from tests.strategies import patterns, sparse_matrices

HEADER = "%%MatrixMarket matrix coordinate"
ARRAY = "%%MatrixMarket matrix array"
NO_NUMBERS = (
    "nan",
    "-inf",
    "Infinity",
    "1.0D5",
    "0x10",
    "1_0",
    "1.2.3",
    "1e",
    "1e+",
    "-",
    ".",
    "+3",
    "1e5.5",
    "e5",
    "1-2",
    "3,",
)


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
        ("", "line 1: '': not a Matrix Market file"),
        (
            "%%MatrixMarkt matrix coordinate real general\n1 1 1\n1 1 1\n",
            "line 1: '%%MatrixMarkt matrix coordinate real general': not a Matrix Market file",
        ),
        (
            "%%MatrixMarket matrix coordinate real\n1 1 1\n1 1 1\n",
            "line 1: '%%MatrixMarket matrix coordinate real': five",
        ),
        ("%%MatrixMarket vector coordinate real general\n1 1\n1 1\n", "line 1: 'vector': must be matrix"),
        ("%%MatrixMarket matrix table real general\n1 1\n1 1\n", "line 1: 'table': must be coordinate or array"),
        (f"{HEADER} weird general\n1 1 1\n1 1 1\n", "line 1: 'weird': must be real or "),
        (f"{HEADER} real lopsided\n1 1 1\n1 1 1\n", "line 1: 'lopsided': must be general or symmetric or skew"),
        (f"{HEADER} real general 7\n1 1 1\n1 1 1\n", "line 1: '7': nothing may follow"),
        (f"{ARRAY} pattern general\n1 1\n1\n", "line 1: 'pattern': must be real or "),
        (f"{HEADER} complex general\n1 1 1\n1 1 1 2\n", "line 1: complex general values cannot be used"),
        (f"{HEADER} real hermitian\n1 1 1\n1 1 1\n", "line 1: real hermitian values cannot be used"),
        (f"{HEADER} real general\n", "line 2: no sizes; rows, columns and entries must follow"),
        (f"{HEADER} real general\n% a\n\n", "line 4: no sizes"),
        (f"{HEADER} real general\n2 x 1\n1 1 1\n", "line 2: '2 x 1': must be rows, columns and entries"),
        (f"{HEADER} real general\n2 2\n1 1 1\n", "line 2: '2 2': must be rows, columns and entries"),
        (f"{HEADER} real general\n2 2 1 1\n1 1 1\n", "line 2: '2 2 1 1': must be rows"),
        (f"{HEADER} real general\n-2 2 1\n1 1 1\n", "line 2: '-2 2 1': must be rows"),
        (f"{HEADER} real general\n{'9' * 5001} 2 1\n1 1 1\n", "line 2: '99999"),
        (
            f"{HEADER} real general\n2 2 3\n1 1 3.5\n2 2 4\n",
            "line 4: the file ends here; the header promises 3 entries",
        ),
        (f"{HEADER} real general\n2 2 3\n1 1 3.5\n2 2 4\n", "but only 2 follow"),
        (f"{HEADER} real general\n2 2 1\n1 1 3.5\n2 2 4\n", "line 4: more entries than the 1 that the header promises"),
        (f"{HEADER} real general\n2 2 1\n3 1 3.5\n", "line 3: row: 3: must lie in 1..2"),
        (f"{HEADER} real general\n2 2 1\n0 1 3.5\n", "line 3: row: 0: must lie in 1..2"),
        (f"{HEADER} real general\n2 3 2\n2 3 1\n1 0 3.5\n", "line 4: column: 0: must lie in 1..3"),
        (f"{HEADER} real general\n2 3 1\n1 4 3.5\n", "line 3: column: 4: must lie in 1..3"),
        (f"{HEADER} real general\n2 3 1\n1 {'9' * 40} 3.5\n", f"line 3: column: {'9' * 40}: must lie in 1..3"),
        (f"{HEADER} real general\n2 2 1\n1 1\n", "line 3: '1 1': must be row and column and value"),
        (f"{HEADER} real general\n2 2 1\n1 1", "line 3: '1 1': must be row and column and value"),
        (f"{HEADER} real general\n2 2 1\n1.5 1 3\n", "line 3: row: '1.5': must be an integer"),
        (f"{HEADER} real general\n2 2 1\n-1 1 3\n", "line 3: row: '-1': must be an integer"),
        (f"{HEADER} real general\n2 2 1\n% c\n1 1 3\n", "line 3: row: '%': must be an integer"),
        (f"{HEADER} real general\n2 2 1\n1 1 3 4\n", "line 3: '1 1 3 4': must be row and column and value"),
        (f"{HEADER} real general\n2 2 1\n1 1 \x00\n", "line 3"),
        (f"{HEADER} real general\n2 2 1\n1 1 3{' ' * 2000}\n", "line 3: longer than 1024 characters"),
        (f"{HEADER} real general\n2 2 1\n1 1 1e400\n", "line 3: value: '1e400': too large for a 64-bit float"),
        (f"{HEADER} real general\n2 2 1\n1 1 1e-400\n", "line 3: value: '1e-400': too small for a 64-bit float"),
        (
            f"{HEADER} real symmetric\n2 2 2\n1 1 3\n2 1 1e-400\n",
            "line 4: value: '1e-400': too small for a 64-bit float",
        ),
        (f"{ARRAY} real general\n1 2\n3\n1e-400\n", "line 4: value: '1e-400': too small for a 64-bit float"),
        (f"{ARRAY} real skew-symmetric\n2 2\n1e-400\n", "line 3: value: '1e-400': too small for a 64-bit float"),
        (
            f"{HEADER} integer general\n2 2 1\n1 1 99999999999999999999\n",
            "line 3: value: '99999999999999999999': no 64-bit float is equal to it",
        ),
        (
            f"{HEADER} integer general\n2 2 1\n1 1 9007199254740993\n",
            "line 3: value: '9007199254740993': no 64-bit float is",
        ),
        (f"{HEADER} real general\n2 2 9000000000000\n1 1 3\n", "a 2 x 2 matrix of 9000000000000 entries needs 324 TB"),
        (
            f"{ARRAY} real general\n2000000 2000000\n1\n",
            "a 2000000 x 2000000 matrix of 4000000000000 entries needs 128 TB",
        ),
        (f"{HEADER} real general\n2000000000 2 1\n1 1 3\n", "a 2000000000 x 2 matrix of 1 entries needs 32 GB"),
        (
            f"{HEADER} real general\n9000000000 2 1\n1 1 3\n",
            "line 2: 9000000000 x 2 is larger than 2147483647 on a side",
        ),
        (f"{HEADER} real symmetric\n2 3 1\n1 1 3\n", "symmetric, but the matrix is 2 x 3"),
        (
            f"{HEADER} pattern general\n2 2 1\n1 2 7\n",
            "line 3: '1 2 7': a pattern file holds a row and a column on each line",
        ),
        (f"{HEADER} integer general\n2 2 2\n1 1 3\n1 2 1.5\n", "line 4: value: '1.5': must be an integer"),
        (f"{HEADER} integer general\n2 2 1\n1 2 1e3\n", "line 3: value: '1e3': must be an integer"),
        (
            f"{HEADER} real symmetric\n3 3 2\n1 1 5\n1 2 3\n",
            "line 4: row 1, column 2: a symmetric file holds only entries on or",
        ),
        (f"{HEADER} pattern symmetric\n3 3 1\n2 3\n", "line 3: row 2, column 3: a symmetric file holds"),
        (
            f"{HEADER} real skew-symmetric\n3 3 1\n2 2 3\n",
            "line 3: row 2, column 2: a skew-symmetric file holds only entries below",
        ),
        (f"{ARRAY} real general\n2 2\n1 2\n3 4\n", "line 3: '1 2': must be value"),
        (
            f"{ARRAY} real general\n2 2\n1\n2\n3\n",
            "line 5: the file ends here; the header promises 4 entries, but only 3",
        ),
        (f"{ARRAY} real symmetric\n2 2\n1\n2\n3\n4\n", "line 6: more entries than the 3 that the header promises"),
        (f"{ARRAY} integer general\n1 1\n1.5\n", "line 3: value: '1.5': must be an integer"),
        *(
            (f"{HEADER} real general\n2 2 1\n1 1 {bad}\n", f"line 3: value: {bad!r}: must be a finite number")
            for bad in NO_NUMBERS
        ),
    ],
)
def test_malformed_text_is_one_line_that_names_file_and_fault(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse(text)
    assert str(error.value).startswith("m.mtx: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False).map(repr)
        | st.floats(1e-30, 1e30).map("{:.16e}".format)
        | st.decimals(-(10**9), 10**9, allow_nan=False, places=12).map("{:f}".format)
        | st.tuples(st.integers(2**53, 2**60), st.integers(-70, 70)).map(lambda parts: f"{parts[0] | 1}e{parts[1]}")
    )
)
@settings(deadline=None, max_examples=300)
def test_numbers_are_the_nearest_doubles(numbers: list[str]) -> None:
    matrix = parse(f"{ARRAY} real general\n{len(numbers)} 1\n" + "\n".join(numbers))
    assert matrix.to_array().ravel().tolist() == [float(number) for number in numbers]


def test_long_numbers_are_the_nearest_doubles() -> None:
    """Of random digits, halfway between two doubles, and all but halfway: within 2**-114 of themselves."""
    rng = np.random.default_rng(5)
    digits, powers = rng.integers(0, 10**18, 3000).tolist(), rng.integers(-64, 65, 3000).tolist()
    numbers = [f"{number}e{power}" for number, power in zip(digits, powers, strict=True)]
    halfway = (2 * rng.integers(2**52, 2**53, 1000) + 1).tolist()
    numbers += [f"{number + more}e{power}" for number in halfway for more in (0, 1) for power in (-1, 0, 1)]
    numbers += [f"-{number // 4}.{number % 4 * 25}" for number in halfway]
    numbers += ["961935638846030711e38", "58483921078398283e57", "509070398135729259e58", "321632503382227337e51"]
    numbers += ["0e5", "-0", "0e-30", "0e400"]
    matrix = parse(f"{ARRAY} real general\n{len(numbers)} 1\n" + "\n".join(numbers))
    assert matrix.to_array().ravel().tolist() == [float(number) for number in numbers]


@pytest.mark.parametrize(
    "number", ["3", "-3", "3.", ".5", "-.5e1", "5.e3", "1E-5", "1e+5", "00.0", "1.7976931348623157e308", "5e-324"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "", "  \t\n\n \n"])
def test_every_way_to_write_a_number(number: str, end: str) -> None:
    matrix = parse(f"{HEADER} real general\n%\n\n2 2 1\n\n \t1\t 2  {number}{end}")
    assert matrix.to_array().tolist() == [[0, float(number)], [0, 0]]


def test_words_of_the_header_in_any_case_and_other_names_of_fields() -> None:
    assert parse("%MatrixMarket MATRIX Coordinate Double GENERAL\n1 1 1\n1 1 .5\n").to_array().tolist() == [[0.5]]
    assert parse(f"{HEADER} unsigned-integer general\n1 1 1\n1 1 18446744073709549568\n").nnz == 1


def test_a_text_in_pieces_of_any_length_is_the_same_text(monkeypatch: pytest.MonkeyPatch) -> None:
    good = f"{HEADER} real symmetric\n12 12 3\n10 10 1.25\n11 10 -3e2\n\n12 1 0.5\n"
    bad = good.replace("0.5", "0.5x")
    for size in (1, 2, 3, 5, 7, 64):
        monkeypatch.setattr(matrix_market_text, "_CHUNK_BYTES", size)
        assert parse(good).nnz == 5
        with pytest.raises(InputError, match=r"^m.mtx: line 6: value: '0.5x?': must be a finite number$"):
            parse(bad)


def test_a_packed_text_is_not_unpacked_beyond_what_its_header_promises(tmp_path: Path) -> None:
    head = f"{HEADER} real general\n9 9 2\n1 1 1\n".encode()
    for name, body, message in (
        ("blanks", b"\n" * 50_000_000, "more text than 2 entries need"),
        ("entries", b"2 2 1\n" * 10_000_000, "line 5: more entries than the 2 that the header promises"),
        ("line", b"2" * 50_000_000, "line 4: longer than 1024 characters"),
    ):
        file = tmp_path / f"{name}.mtx.gz"
        file.write_bytes(gzip.compress(head + body, 1))
        with memory_budget(10**6), pytest.raises(InputError, match=message):
            read_matrix(file)
    (tmp_path / "comments.mtx.gz").write_bytes(gzip.compress(head[:46] + b"%\n" * 20_000_000, 1))
    with pytest.raises(InputError, match="no sizes"):
        read_matrix(tmp_path / "comments.mtx.gz")
    (tmp_path / "comment.mtx.gz").write_bytes(gzip.compress(head[:46] + b"%" * 20_000_000, 1))
    with pytest.raises(InputError, match="line 2: longer than 1048576 bytes"):
        read_matrix(tmp_path / "comment.mtx.gz")


def test_reading_takes_no_more_memory_than_it_asks_for(tmp_path: Path) -> None:
    count, file = 200_000, tmp_path / "m.mtx.gz"
    lines = "".join(f"{i % 1000 + 1} {i // 1000 + 1} {i + 0.5:020.6f}\n" for i in range(count))
    file.write_bytes(gzip.compress(f"{HEADER} real general\n1000 1000 {count}\n{lines}".encode(), 1))
    tracemalloc.start()
    assert read_matrix(file).nnz == count
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 36 * count + 16 * 1001 + 2**21
    with memory_budget(36 * count + 16 * 1001):
        assert read_matrix(file).nnz == count
    with memory_budget(36 * count + 16 * 1001 - 1), pytest.raises(InputError, match=r"m.mtx.gz: a 1000 x 1000 matrix"):
        read_matrix(file)


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
