"""What every registered format promises, checked on odd matrices and on real ones."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.dtypes import DTYPES, DType, dtype_by_name
from sparsesim.errors import InputError, PatternError
from sparsesim.formats import (
    FORMATS,
    Bsr,
    Csr,
    Format,
    FormatSize,
    Relative,
    Structured,
    format_by_name,
    format_names,
    formats_by_name,
    round_to,
    share_values,
)
from sparsesim.limits import memory_budget
from sparsesim.tensors import DenseMatrix, DrawnMatrix, SparseMatrix, nm, read_matrix
from tests.machines import held
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


class Unnamed(Csr):
    """CSR whose name does not tell its parameters."""

    name = "unnamed"


def test_what_is_given_twice_is_there_once() -> None:
    given = ["csr", Csr(), "bsr", "csr-i16", Bsr(4, 4), Csr(16), Unnamed(8), Unnamed(8)]
    assert formats_by_name(given) == [Csr(), Bsr(), Csr(16), Unnamed(8)]
    assert formats_by_name("bsr") == formats_by_name(Bsr()) == [Bsr()]


def test_different_formats_of_one_name_are_refused() -> None:
    with pytest.raises(InputError) as error:
        formats_by_name([Unnamed(8), "csr", Unnamed(16)])
    assert str(error.value) == (
        "formats: Unnamed(index_bits=8, pointer_bits=32) and Unnamed(index_bits=16, pointer_bits=32) "
        "are both called 'unnamed': give one of them at a time"
    )
    with pytest.raises(InputError, match="are both called 'csr'"):
        formats_by_name(["csr", type("Csr", (Unnamed,), {"name": "csr"})()])


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


def odd_shapes() -> st.SearchStrategy[tuple[int, int]]:
    """Sides that leave a rest in every group and block, and none at all."""
    side = st.sampled_from((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 15, 17, 33))
    return st.tuples(side, side)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_what_a_type_holds_comes_back_exactly_or_is_refused(name: str, data: st.DataObject) -> None:
    storage = format_by_name(name)
    shape, container = data.draw(odd_shapes()), data.draw(st.sampled_from((np.float32, np.float64)))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    values = rng.choice([1, -1, 2, -3, 7, -8], shape) * (
        rng.random(shape) < data.draw(st.sampled_from((0.1, 0.5, 1.0)))
    )
    matrix = suited(storage, held(SparseMatrix.from_dense(values.astype(container)), name))
    for dtype in DTYPES.values():
        try:
            encoded = storage.encode(matrix, dtype)
        except InputError as error:  # a side of 33 has more positions than 5 bits tell apart
            assert re.search(rf"format {name}: .* needs \d+ bits, there are \d+$", str(error))  # noqa: PT017
            continue
        decoded = storage.decode(encoded)
        np.testing.assert_array_equal(decoded.to_array(), matrix.to_array())
        assert decoded.nnz == matrix.nnz


@pytest.mark.parametrize("name", ["nm-2:4", "nm-4:8", "nm-3:5", "nm-2:6", "nm-pairs-4:8", "vnm-64:2:8"])
@pytest.mark.parametrize("container", [np.float32, np.float64])
def test_a_group_that_is_cut_off_holds_as_many_values_as_it_has_room_for(name: str, container: type) -> None:
    storage = format_by_name(name)
    assert isinstance(storage, Structured)
    for dtype in DTYPES.values():
        for rest in range(1, storage.keep + 1):
            dense = np.zeros((3, storage.of + rest), container)
            dense[:, -rest:] = np.arange(1, rest + 1)
            matrix = held(SparseMatrix.from_dense(dense), name)
            assert matrix.nnz >= 3 * min(rest, 2)
            np.testing.assert_array_equal(storage.decode(storage.encode(matrix, dtype)).to_array(), matrix.to_array())


@pytest.mark.parametrize("name", ANY_PATTERN)
@pytest.mark.parametrize("shape", [(3, 2**60), (2**20, 2**42), (3, 2**31)], ids=str)
def test_matrices_wider_than_memory_are_encoded_or_refused(name: str, shape: tuple[int, int]) -> None:
    storage = format_by_name(name)
    matrix = SparseMatrix.from_coo(shape, [0, 2], [shape[1] - 1, 5], [1.0, 2.0])
    faults = []
    with memory_budget(10**8):
        try:
            size = storage.size(matrix, FP16)
            assert min(size.stored_values, size.data_bits, size.metadata_bits) >= 0
            assert size.size_bits < 2**63
        except InputError as error:
            faults.append(str(error))
        try:
            assert storage.decode(storage.encode(matrix, FP16)).equals(matrix)
        except InputError as error:
            faults.append(str(error))
    allowed = (
        r"of memory, more than the 100 MB that one input may take|bits, there are|is more than the .* can be counted"
    )
    assert all(re.search(allowed, fault) for fault in faults)
    if shape == (3, 2**31):
        assert not (faults and name in ("coo", "csr", "ell", "condensed-csr"))


def test_sizes_that_64_bits_do_not_count_are_refused() -> None:
    wide = DenseMatrix((2**31, 2**31))
    for name in ("dense", "coo", "csr", "bitmap", "ell", "nm-4:4"):
        with pytest.raises(InputError, match=r"bits of a stored matrix: \S+ is more than the 9.22e\+18|needs \d+ bits"):
            format_by_name(name).size(wide, FP16)
    largest = FormatSize(1, 2**62, 2**62 - 1)
    assert (largest.size_bits, largest.size_bytes) == (2**63 - 1, 2**60)
    with pytest.raises(InputError, match="bits of a stored matrix"):
        FormatSize(1, 2**62, 2**62)
    with (
        memory_budget(10**8),
        pytest.raises(InputError, match=r"format nm-65536:65536: 6553600000 values of a 100000 x 1"),
    ):
        format_by_name("nm-65536:65536").encode(SparseMatrix.from_coo((100_000, 1), [3], [0]), FP16)
