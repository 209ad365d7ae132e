"""What every registered format promises, checked on odd matrices and on real ones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.dtypes import DTYPES, DType, dtype_by_name
from sparsesim.errors import PatternError
from sparsesim.formats import (
    FORMATS,
    Format,
    FormatSize,
    Relative,
    Structured,
    format_by_name,
    format_names,
    round_to,
    share_values,
)
from sparsesim.tensors import DenseMatrix, DrawnMatrix, SparseMatrix, nm, read_matrix
from tests.strategies import patterns, sparse_matrices, structured_matrices

MORE_NAMES = (
    "coo-i5",
    "csr-i16-p63",
    "csc-i8-p9",
    "bsr-3x2",
    "bsr-1x8-i7-p9",
    "bsr-16x16",
    "ell-i8",
    "dia-i6",
    "rle-1",
    "rle-2",
    "relative-1",
    "relative-5-p16",
    "relative-4-codebook-4",
    "relative-2-codebook-5-p16",
    "gaps-1",
    "gaps-3-p16",
    "nm-1:2",
    "nm-1:1",
    "nm-4:4",
    "nm-3:5",
    "nm-pairs-2:4",
    "nm-pairs-4:6",
    "nm-pairs-2:2",
    "vnm-2:2:4",
    "vnm-3:2:5",
    "vnm-1:1:8",
    "vnm-4:4:6",
    "vnm-2:3:7-i32",
    "condensed-csr-i8-p9",
)
NAMES = (*format_names(), *MORE_NAMES)
STRUCTURED = tuple(name for name in NAMES if isinstance(format_by_name(name), Structured))
ANY_PATTERN = tuple(name for name in NAMES if name not in STRUCTURED)
FP16 = dtype_by_name("fp16")


def suited(storage: Format, matrix: SparseMatrix) -> SparseMatrix:
    """The matrix as the format can hold it."""
    if isinstance(storage, Relative) and storage.code_bits is not None:
        return share_values(matrix, storage.code_bits)
    return matrix


def check_round_trip(storage: Format, matrix: SparseMatrix, dtype: DType) -> None:
    encoded = storage.encode(matrix, dtype)
    decoded = storage.decode(encoded)
    assert decoded.equals(round_to(matrix, dtype))
    size = storage.size(matrix, dtype)
    assert size == FormatSize(size.stored_values, encoded.data_bits, encoded.metadata_bits)
    padding_bits = [8 * len(stream.payload) - stream.bits for stream in encoded.streams]
    assert all(0 <= bits < 8 for bits in padding_bits)
    assert size.size_bits == sum(8 * len(stream.payload) for stream in encoded.streams) - sum(padding_bits)
    values = [stream for stream in encoded.streams if stream.role == "data"]
    assert [stream.count for stream in values] == [size.stored_values]
    assert size.stored_values >= matrix.nnz


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_decode_returns_the_rounded_matrix_and_size_is_what_encode_emits(name: str, data: st.DataObject) -> None:
    storage = format_by_name(name)
    dtype = data.draw(st.sampled_from(list(DTYPES.values())))
    strategy = structured_matrices(storage) if isinstance(storage, Structured) else sparse_matrices()
    check_round_trip(storage, suited(storage, data.draw(strategy)), dtype)


@pytest.mark.parametrize("name", [name for name in format_names() if name in ANY_PATTERN])
@given(matrix=patterns())
@settings(max_examples=15, deadline=None)
def test_a_pattern_is_stored_as_ones(name: str, matrix: SparseMatrix) -> None:
    storage = format_by_name(name)
    decoded = storage.decode(storage.encode(matrix, FP16))
    assert decoded.equals(matrix.with_values(matrix.value_array()))
    assert storage.size(matrix, FP16) == storage.size(decoded, FP16)


@pytest.mark.parametrize("name", NAMES)
def test_names_read_back(name: str) -> None:
    storage = format_by_name(name)
    assert storage.name == name
    assert format_by_name(storage.name) == storage


def test_every_family_is_tested_and_described() -> None:
    assert {type(format_by_name(name)) for name in NAMES} == {cls for cls, _ in FORMATS.values()}
    for family, (cls, description) in FORMATS.items():
        assert isinstance(format_by_name(family), cls)
        assert description
        assert "\n" not in description


@pytest.mark.parametrize("name", ANY_PATTERN)
@pytest.mark.parametrize("shape", [(5, 7), (1, 9), (8, 1), (0, 4), (4, 0), (0, 0)])
def test_a_dense_matrix_has_the_size_of_its_csr_without_being_listed(name: str, shape: tuple[int, int]) -> None:
    dense, storage = DenseMatrix(shape), format_by_name(name)
    size = storage.size(dense, FP16)
    assert "_sparse" not in vars(dense)
    encoded = storage.encode(dense.to_sparse(), FP16)
    assert (size.data_bits, size.metadata_bits) == (encoded.data_bits, encoded.metadata_bits)


@pytest.mark.parametrize("name", STRUCTURED)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_slots_of_a_structured_format_hold_every_value_at_its_column(name: str, data: st.DataObject) -> None:
    storage = format_by_name(name)
    assert isinstance(storage, Structured)
    matrix = data.draw(structured_matrices(storage))
    slots = storage.slots(matrix)
    rows, columns = matrix.shape
    groups = -(-columns // storage.of)
    assert slots.sources.shape == slots.columns.shape == (rows, groups * storage.keep)
    rebuilt = np.zeros((rows, groups * storage.of))
    for row in range(rows):
        assert len(set(slots.columns[row].tolist())) == slots.columns.shape[1]
        rebuilt[row, slots.columns[row]] = np.append(matrix.value_array().astype(np.float64), 0)[slots.sources[row]]
        assert (np.bincount(slots.columns[row] // storage.of, minlength=groups) == storage.keep).all()
    np.testing.assert_array_equal(rebuilt[:, :columns], matrix.to_array())
    assert not rebuilt[:, columns:].any()


@pytest.mark.parametrize("name", STRUCTURED)
def test_what_breaks_a_structured_pattern_is_refused_with_its_place(name: str) -> None:
    storage = format_by_name(name)
    assert isinstance(storage, Structured)
    full = SparseMatrix.from_mask(np.ones((9, 33), np.bool_))
    if storage.violation(full) is None:
        assert storage.keep == storage.of
        return
    for refuse in (storage.size, storage.encode):
        with pytest.raises(PatternError, match=rf"format {name}: not .*: rows? 0.*, columns 0\.\.\d+ hold \d+ "):
            refuse(full, FP16)


@pytest.mark.parametrize("name", ["dense", "coo", "csr", "csc", "bitmap", "nm-2:4"])
def test_sizes_that_need_no_positions_never_draw(name: str) -> None:
    def draw() -> SparseMatrix:
        raise AssertionError("drawn")

    storage = format_by_name(name)
    drawn = nm(6, 18, 2, 4)
    size = storage.size(DrawnMatrix((6, 18), drawn.nnz, (2, 4), draw), FP16)
    assert size == storage.size(drawn, FP16)


@pytest.mark.parametrize("name", [name for name in format_names() if name in ANY_PATTERN])
@pytest.mark.parametrize("file", ["matrices/cage5.mtx.gz", "matrices/west0479.mtx.gz"])
def test_small_real_matrices(data_dir: Path, name: str, file: str) -> None:
    check_round_trip(format_by_name(name), read_matrix(data_dir / file), dtype_by_name("fp32"))


COMPACT_NAMES = ("coo", "csr", "csc", "rle-5", "relative-4", "relative-5-codebook-2", "condensed-csr")


@pytest.mark.parametrize("name", COMPACT_NAMES)
@pytest.mark.parametrize(
    "file",
    [
        "matrices/wiki-Vote.mtx.gz",
        "matrices/cora_features.mtx.gz",
        "pruned/dlmc_rn50_magnitude_pruning_0.8.zip/bottleneck_1_block_group1_1_1.smtx",
    ],
)
def test_larger_real_patterns(data_dir: Path, name: str, file: str) -> None:
    check_round_trip(format_by_name(name), read_matrix(data_dir / file), dtype_by_name("int8"))
