"""Sizes worked out by hand for one 4 x 8 matrix, and published compression ratios."""

from pathlib import Path

import numpy as np
import pytest

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError, PatternError, UnknownNameError
from sparsesim.formats import Csr, Nm, Relative, Rle, format_by_name
from sparsesim.formats.coding.bit_stream import read_stream
from sparsesim.pruning import pruner_by_name
from sparsesim.tensors import DenseMatrix, SparseMatrix, drawn_nm, nm, uniform
from sparsesim.units import bits_to_bytes

FP16 = dtype_by_name("fp16")
INT8 = dtype_by_name("int8")
EXAMPLE = SparseMatrix.from_dense(
    [
        [1, 0, 0, 0, 0, 0, 2, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 3, 0, 0, 4, 0, 0, 5],
        [0, 0, 0, 0, 0, 0, 0, 6],
    ]
)


@pytest.mark.parametrize(
    ("name", "stored", "data_bits", "metadata_bits"),
    [
        ("dense", 32, 512, 0),
        ("coo", 6, 96, 6 * 64),
        ("csr", 6, 96, 5 * 32 + 6 * 32),
        ("csr-i3-p3", 6, 96, 5 * 3 + 6 * 3),
        ("csc", 6, 96, 9 * 32 + 6 * 32),
        ("bsr-4x4", 32, 512, 2 * 32 + 2 * 32),
        ("bsr-2x2", 20, 320, 3 * 32 + 5 * 32),
        ("bsr-3x5", 45, 720, 3 * 32 + 3 * 32),  # both blocks of rows 0..2, the right one of row 3
        ("ell", 12, 192, 12 * 32),
        ("dia", 20, 320, 6 * 32),  # offsets -1, 0, 2, 4, 5, 6 have lengths 3, 4, 4, 4, 3, 2
        ("bitmap", 6, 96, 32),
        ("rle-5", 6, 96, 6 * 5),
        ("rle-2", 10, 160, 10 * 2),  # runs 0 5 10 2 2 7 need 0 1 2 0 0 1 extra zeros
        ("relative-4", 6, 96, 6 * 4 + 9 * 32),
        ("relative-1-p16", 9, 144, 9 * 1 + 9 * 16),  # two zeros above the 3, the 4 and the 5
        ("relative-4-codebook-4", 6, 6 * 4, 6 * 4 + 9 * 32 + 16 * 16),
        ("nm-2:4", 16, 256, 16 * 2),
        ("nm-3:8", 12, 192, 12 * 3),
        ("condensed-csr", 6, 96, 3 * 32 + 4 * 32 + 6 * 32),  # 3 rows, 3 condensed columns
    ],
)
def test_worked_example(name: str, stored: int, data_bits: int, metadata_bits: int) -> None:
    size = format_by_name(name).size(EXAMPLE, FP16)
    assert (size.stored_values, size.data_bits, size.metadata_bits) == (stored, data_bits, metadata_bits)
    encoded = format_by_name(name).encode(EXAMPLE, FP16)
    assert (encoded.data_bits, encoded.metadata_bits) == (data_bits, metadata_bits)


STRUCTURED_EXAMPLE = SparseMatrix.from_dense(
    [
        [1, 0, 0, 0, 0, 0, 2, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 3, 0, 0, 0, 0, 4, 5],
        [0, 0, 0, 0, 0, 0, 0, 6],
    ]
)


@pytest.mark.parametrize(
    ("name", "stored", "data_bits", "metadata_bits"),
    [
        ("nm-pairs-4:8", 16, 256, 8 * 2),
        ("nm-pairs-4:6", 32, 512, 16 * 2),
        ("vnm-2:3:8", 12, 192, 12 * 2 + 2 * 4 * 3),
        ("vnm-4:3:8", 12, 192, 12 * 2 + 1 * 4 * 3),
        ("vnm-3:3:8-i32", 12, 192, 12 * 2 + 2 * 4 * 32),
    ],
)
def test_pairs_and_located_columns(name: str, stored: int, data_bits: int, metadata_bits: int) -> None:
    encoded = format_by_name(name).encode(STRUCTURED_EXAMPLE, FP16)
    size = format_by_name(name).size(STRUCTURED_EXAMPLE, FP16)
    assert (size.stored_values, encoded.data_bits, encoded.metadata_bits) == (stored, data_bits, metadata_bits)


def test_column_locations_and_places_of_the_worked_example() -> None:
    encoded = format_by_name("vnm-4:3:8").encode(STRUCTURED_EXAMPLE, INT8)
    assert read_stream(encoded.stream("locations")).tolist() == [0, 1, 6, 7]
    assert read_stream(encoded.stream("places")).tolist() == [0, 1, 2, 0, 1, 2, 1, 2, 3, 0, 1, 3]
    assert read_stream(encoded.stream("values")).tolist() == [1, 0, 2, 0, 0, 0, 3, 4, 5, 0, 0, 6]


def test_pairs_of_the_worked_example_are_kept_together() -> None:
    encoded = format_by_name("nm-pairs-4:8").encode(STRUCTURED_EXAMPLE, INT8)
    assert read_stream(encoded.stream("places")).tolist() == [0, 3, 0, 1, 0, 3, 0, 3]
    assert read_stream(encoded.stream("values")).tolist() == [1, 0, 2, 0, 0, 0, 0, 0, 0, 3, 4, 5, 0, 0, 0, 6]


@pytest.mark.parametrize(
    ("name", "dtype", "ratio"),
    [
        ("nm-2:4", "bf16", 0.5625),
        ("nm-1:2", "tf32", 0.5625),
        ("nm-2:4", "fp8", 0.625),
        ("nm-pairs-4:8", "int4", 0.625),
        ("vnm-128:2:8", "fp16", 0.25 + 2 * 2 / (8 * 16) + 4 * 3 / (128 * 8 * 16)),
        ("vnm-128:2:16-i32", "fp16", 0.125 + 2 * 2 / (16 * 16) + 4 * 32 / (128 * 16 * 16)),
    ],
)
def test_what_sparse_tensor_cores_take_of_dense(name: str, dtype: str, ratio: float) -> None:
    """PTX ISA, mma.sp: the same share for every operand that the hardware defines."""
    weight = np.random.default_rng(0).standard_normal((256, 128))
    pruner = pruner_by_name(name.removesuffix("-i32"))
    matrix, types = SparseMatrix.from_dense(np.where(pruner.mask(weight), weight, 0)), dtype_by_name(dtype)
    dense = format_by_name("dense").size(matrix, types).size_bits
    assert format_by_name(name).size(matrix, types).size_bits == ratio * dense


def test_one_in_two_of_tf32_is_coded_in_halves() -> None:
    encoded = Nm(1, 2).encode(SparseMatrix.from_dense([[1, 0, 0, 2], [0, 0, 0, 0]]), dtype_by_name("tf32"))
    assert read_stream(encoded.stream("places")).tolist() == [0b0100, 0b1110, 0b0100, 0b0100]


@pytest.mark.parametrize(("dtype", "ratio"), [(FP16, 0.5625), (INT8, 0.625)])
def test_two_in_four_takes_the_published_share_of_dense(dtype, ratio: float) -> None:
    drawn = drawn_nm(64, 256, 2, 4)
    dense = format_by_name("dense").size(drawn, dtype).size_bits
    assert Nm(2, 4).size(drawn, dtype).size_bits == ratio * dense


def test_two_in_four_metadata_holds_legal_codes_only() -> None:
    dense = np.random.default_rng(1).random((40, 22)) < 0.3
    dense[:, :20].reshape(40, 5, 4)[np.cumsum(dense[:, :20].reshape(40, 5, 4), axis=2) > 2] = False
    encoded = Nm(2, 4).encode(SparseMatrix.from_mask(dense), FP16)
    nibbles = np.unpackbits(encoded.stream("places").payload, bitorder="little").reshape(-1, 4) @ [1, 2, 4, 8]
    assert set(nibbles.tolist()) == {0b0100, 0b1000, 0b1001, 0b1100, 0b1101, 0b1110}


def test_too_many_in_a_group_is_named() -> None:
    with pytest.raises(PatternError, match=r"nm-1:4: not 1:4: row 2, columns 4\.\.7 hold 2 non-zeros"):
        Nm(1, 4).size(EXAMPLE, FP16)
    with pytest.raises(PatternError, match="row 2, columns 4"):
        Nm(1, 4).encode(EXAMPLE, FP16)


@pytest.mark.parametrize(("shape", "keep", "of"), [((3, 10), 2, 4), ((2, 11), 2, 4), ((1, 3), 2, 4), ((5, 6), 2, 5)])
def test_dense_violation_is_the_one_a_search_finds(shape: tuple[int, int], keep: int, of: int) -> None:
    tensor = DenseMatrix(shape)
    with pytest.raises(PatternError) as quick:
        Nm(keep, of).size(tensor, FP16)
    assert "_sparse" not in vars(tensor)
    with pytest.raises(PatternError) as searched:
        Nm(keep, of).size(tensor.to_sparse(), FP16)
    assert str(quick.value) == str(searched.value)


def test_dense_matrix_fits_when_a_group_is_no_longer_than_kept() -> None:
    assert Nm(2, 4).size(DenseMatrix((3, 2)), FP16).stored_values == 6
    assert Nm(4, 4).size(DenseMatrix((3, 6)), FP16).stored_values == 24


def test_eie_column_example() -> None:
    """Section III-B of the EIE paper: v = [1, 2, 0, 3], z = [2, 0, 15, 2]."""
    column = SparseMatrix.from_dense(np.array([[0, 0, 1, 2, *[0] * 18, 3]]).T)
    encoded = Relative(4).encode(column, INT8)
    assert encoded.stream("values").payload.tolist() == [1, 2, 0, 3]
    assert encoded.stream("gaps").payload.tolist() == [2 | 0 << 4, 15 | 2 << 4]


def test_relative_index_equals_the_published_deep_compression_stream(data_dir: Path) -> None:
    """Every layer of the authors' compressed SqueezeNet: stored weights, and the 4-bit indices bit by bit."""
    raw = (data_dir / "nets" / "squeezenet_deep_compression.net").read_bytes()
    layers = np.load(data_dir / "nets" / "squeezenet_deep_compression.npz", allow_pickle=False)
    names = [name for name in layers.files if name.endswith("_weight")]
    counts = np.frombuffer(raw, "<u4", len(names)).tolist()
    at = 4 * len(names)
    for name, count in zip(names, counts, strict=True):
        weights = layers[name].astype(np.float32)
        column = SparseMatrix.from_dense(weights.reshape(-1, 1))
        assert Relative(4, code_bits=8).size(column, FP16).data_bits == 8 * count
        assert Rle(4).size(SparseMatrix.from_dense(weights.reshape(1, -1)), FP16).stored_values == count
        at += 4 * 256 + 4 * len(weights) + count
        gaps = Relative(4, code_bits=8).encode(column, FP16).stream("gaps").payload
        assert gaps.tobytes() == raw[at : at + bits_to_bytes(4 * count)]
        at += bits_to_bytes(4 * count)
    assert at == len(raw)


def test_codebook_refuses_too_many_distinct_values() -> None:
    with pytest.raises(InputError, match=r"6 distinct values, a codebook of 2 bits holds 3 besides zero"):
        Relative(4, code_bits=2).encode(EXAMPLE, FP16)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("coo-i2", "row or column 7 needs 3 bits, there are 2"),
        ("csr-i2", "column 7 needs 3 bits"),
        ("csr-p2", "row pointer 6 needs 3 bits"),
        ("csc-i1", "row 3 needs 2 bits"),
        ("csc-p2", "column pointer 6 needs 3 bits"),
        ("bsr-1x1-i2", "block column 7 needs 3 bits"),
        ("bsr-1x1-p2", "block pointer 6 needs 3 bits"),
        ("ell-i2", "column 7 needs 3 bits"),
        ("dia-i3", "diagonal offset 7 needs 3 bits, there are 2"),
        ("relative-4-p2", "column pointer 6 needs 3 bits"),
        ("condensed-csr-i2", "row or column 7 needs 3 bits"),
        ("condensed-csr-p2", "pointer 6 needs 3 bits"),
    ],
)
def test_widths_that_are_too_small(name: str, message: str) -> None:
    storage = format_by_name(name)
    with pytest.raises(InputError, match=message):
        storage.size(EXAMPLE, FP16)
    with pytest.raises(InputError, match=message):
        storage.encode(EXAMPLE, FP16)


@pytest.mark.parametrize(
    "name",
    [
        "bsr-0x4",
        "nm-5:4",
        "nm-0:4",
        "nm-pairs-6:4",
        "nm-pairs-0:4",
        "vnm-0:2:8",
        "vnm-4:5:8",
        "vnm-4:2:3",
        "vnm-4:2:8-i2",
        "rle-0",
        "csr-i0",
        "csr-p64",
        "relative-4-codebook-17",
    ],
)
def test_parameters_that_make_no_sense(name: str) -> None:
    with pytest.raises(InputError, match="it must lie in"):
        format_by_name(name)


@pytest.mark.parametrize("name", ["nm-pairs-3:8", "nm-pairs-2:7"])
def test_pairs_need_even_numbers(name: str) -> None:
    with pytest.raises(InputError, match="both numbers must be even"):
        format_by_name(name)


@pytest.mark.parametrize(("name", "hint"), [("bsr-4y4", "bsr-4x4"), ("crs", "csr"), ("nm-2-4", "nm-2:4")])
def test_unknown_names_suggest_known_ones(name: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=hint):
        format_by_name(name)


def test_size_grows_with_density_only_where_it_should() -> None:
    thin, thick = uniform(64, 64, 0.1, 1), uniform(64, 64, 0.6, 1)
    assert Csr().size(thin, FP16).size_bits < Csr().size(thick, FP16).size_bits
    assert format_by_name("dense").size(thin, FP16) == format_by_name("dense").size(thick, FP16)


def test_nm_stores_whole_groups_only() -> None:
    assert Nm(2, 4).size(nm(3, 9, 2, 4), FP16).stored_values == 3 * 3 * 2
