import io
from pathlib import Path

import pytest
from hypothesis import given, settings

from sparsesim.errors import InputError
from sparsesim.tensors import SparseMatrix, read_matrix
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
        ("2, 2, 1\n0 1 1\n0 1\n", "but 5 follow"),
        ("999999999999, 2, 1\n0 1 1\n0\n", "but 4 follow"),
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
