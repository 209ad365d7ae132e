import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given, settings

from sparsesim.errors import InputError
from sparsesim.limits import memory_budget
from sparsesim.tensors import SparseMatrix, integer_text, read_matrix
from sparsesim.tensors.smtx import parse_smtx, print_smtx
from tests.strategies import patterns


def parse(text: str) -> SparseMatrix:
    return parse_smtx(io.BytesIO(text.encode()), "m.smtx")


@pytest.mark.parametrize("header", ["2, 3, 3", "2 3 3", "% made by hand\n2,3,3"])
def test_headers_with_commas_spaces_and_comments(header: str) -> None:
    matrix = parse(f"{header}\n0 1 3\n2 0 1\n")
    assert matrix.values is None
    assert matrix.to_array().tolist() == [[0, 0, 1], [1, 1, 0]]


def test_unsorted_columns_and_duplicates() -> None:
    assert parse("1, 4, 4\n0 4\n3 1 3 0\n").indices.tolist() == [0, 1, 3]


def test_nothing_stored() -> None:
    assert parse("3, 4, 0\n0 0 0 0\n\n").shape == (3, 4)
    assert parse("0, 4, 0\n0\n\n").shape == (0, 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no header"),
        ("2 2", "no header"),
        ("-1, 2, 0\n", "no header"),
        ("2, 2, 2\n0 1 2\n0\n", "3 row offsets and 2 columns, that is 5 numbers, but 4 follow"),
        ("2, 2, 1\n0 1 1\n0 1\n", "that is 4 numbers, but more follow"),
        ("999999999999, 2, 1\n0 1 1\n0\n", "a 999999999999 x 2 matrix of 1 entries needs 16 TB of memory"),
        ("9999999999, 2, 9999999999999999999\n", "line 1: '9999999999999999999' is not an integer of 64 bits"),
        ("4, 2, 1\n0 1 1\n0\n", "but 4 follow"),
        ("2, 2, 1\n0 1 1\n0.5\n", "'0.5' is not an integer"),
        ("2, 2, 1\n0 x 1\n0\n", "'x' is not an integer"),
        ("2, 2, 1\n0 1 1\n2\n", "column 2 lies outside a 2 x 2 matrix"),
        ("2, 2, 1\n0 1 1\n-1\n", "column -1 lies outside"),
        ("2, 2, 1\n0 1 0\n0\n", "ascending offsets"),
        ("2, 2, 1\n0 1 99999999999999999999\n0\n", "m.smtx"),
    ],
)
def test_malformed_text_is_one_line_that_names_file_and_fault(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse(text)
    assert str(error.value).startswith("m.smtx: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_text_in_pieces_of_any_length_is_the_same_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1, 2, 3, 7, 64):
        monkeypatch.setattr(integer_text, "_CHUNK_BYTES", size)
        assert parse("% made\n 2, 13,3\n0 1 3\n  % more\n12,+0 10").indices.tolist() == [12, 0, 10]
        for bad, message in (
            ("12 0 1x0", "line 3: '1x0?'"),
            ("12 - 10", "line 3: '-'"),
            ("12 0 %", "line 3: '%'"),
            ("+-1 0 1", "line 3: '.-1?'"),
        ):
            with pytest.raises(InputError, match=f"^m.smtx: {message} is not an integer$"):
                parse(f"2, 13, 3\n0 1 3\n{bad}\n")


@pytest.mark.parametrize("number", [2**63, 10**19, 10**30, -(2**63) - 1])
def test_integers_of_more_than_64_bits_are_refused(number: int) -> None:
    with pytest.raises(InputError, match=rf"line 2: '{number}' is not an integer of 64 bits"):
        parse(f"1, 1, 1\n0 {number}\n0\n")
    with pytest.raises(InputError, match=r"indptr ends at 9223372036854775807, there are 1 indices"):
        parse(f"1, 1, 1\n0 {2**63 - 1}\n0\n")


def test_a_packed_text_is_not_unpacked_beyond_what_its_header_promises(tmp_path: Path) -> None:
    for body in (b" ", b"%\n", b"%", b"\n"):
        file = tmp_path / "m.smtx.gz"
        file.write_bytes(gzip.compress(b"2, 13, 3\n" + body * (30_000_000 // len(body)), 1))
        with memory_budget(10**6), pytest.raises(InputError, match="more text than the integers"):
            read_matrix(file)


def test_memory_is_asked_for_before_it_is_taken(tmp_path: Path) -> None:
    (tmp_path / "m.smtx").write_text("999999, 2, 0\n")
    with (
        memory_budget(16 * 10**6 - 1),
        pytest.raises(InputError, match=r"m.smtx: a 999999 x 2 matrix of 0 entries needs 16 MB"),
    ):
        read_matrix(tmp_path / "m.smtx")
    with memory_budget(16 * 10**6), pytest.raises(InputError, match="but 0 follow"):
        read_matrix(tmp_path / "m.smtx")


@given(matrix=patterns())
@settings(deadline=None, max_examples=50)
def test_written_text_reads_back(matrix: SparseMatrix) -> None:
    assert parse_smtx(io.BytesIO(print_smtx(matrix)), "m.smtx").equals(matrix)


def test_values_are_not_dropped_silently() -> None:
    with pytest.raises(InputError, match="holds no values"):
        print_smtx(SparseMatrix.from_dense([[1.0]]))


def test_real_patterns(data_dir: Path) -> None:
    swin = read_matrix(data_dir / "pruned" / "swin_tiny_attn_proj_unstructured_50.smtx")
    assert (swin.shape, swin.nnz) == ((96, 96), 4608)
    archive = data_dir / "pruned" / "dlmc_transformer_magnitude_pruning_0.9.zip"
    layer = read_matrix(archive / "body_decoder_layer_0_ffn_conv1_fully_connected.smtx")
    assert (layer.shape, layer.nnz) == ((2048, 512), 104857)
