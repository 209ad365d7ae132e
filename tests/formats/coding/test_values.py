import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.dtypes import DTYPES, dtype_by_name
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.formats import round_to, share_values
from sparsesim.formats.coding.values import encode_values, integer_scale, values_of
from sparsesim.tensors import SparseMatrix, uniform
from tests.strategies import sparse_matrices

BF16_CODES = np.arange(0x7F80, dtype=np.int64)
BF16_VALUES = (BF16_CODES << 16).astype(np.int32).view(np.float32).astype(np.float64)


def row(values: list[float]) -> SparseMatrix:
    return SparseMatrix.from_dense(np.array([values], dtype=np.float64))


def nearest_bf16(value: float) -> float:
    """The nearest of all bf16 numbers; of two equally near ones that with the even code."""
    distance = np.abs(BF16_VALUES - abs(value))
    best = np.flatnonzero(distance == distance.min())
    code = best[0] if len(best) == 1 else best[best % 2 == 0][0]
    return float(np.copysign(BF16_VALUES[code], value))


@given(value=st.floats(-3e38, 3e38).filter(bool) | st.floats(-1e-37, 1e-37).filter(bool))
@settings(deadline=None)
def test_bf16_takes_the_nearest_number(value: float) -> None:
    assert round_to(row([value]), dtype_by_name("bf16")).to_array()[0, 0] == nearest_bf16(value)


@pytest.mark.parametrize(
    ("value", "code"), [(1.0, 0x3F80), (-2.0, 0xC000), (1 + 1 / 256, 0x3F80), (1 + 3 / 256, 0x3F82)]
)
def test_bf16_codes_and_ties_to_even(value: float, code: int) -> None:
    assert encode_values(row([value]), dtype_by_name("bf16"))[0].tolist() == [code]


def test_bf16_does_not_round_twice() -> None:
    just_above_a_tie = 1 + 2**-8 + 2**-40  # float32 would drop the last bit and turn it into a tie
    assert round_to(row([just_above_a_tie]), dtype_by_name("bf16")).value_array().tolist() == [1 + 2**-7]


@pytest.mark.parametrize(("name", "dtype"), [("fp16", np.float16), ("fp32", np.float32), ("fp64", np.float64)])
@given(values=st.lists(st.floats(-60000, 60000), min_size=1, max_size=8))
@settings(deadline=None)
def test_floats_round_as_numpy_does(name: str, dtype: type, values: list[float]) -> None:
    assert np.array_equal(
        round_to(row(values), dtype_by_name(name)).to_array(), np.array([values]).astype(dtype).astype(np.float64)
    )


@pytest.mark.parametrize(("name", "value"), [("fp16", 65520.0), ("bf16", 3.4e38), ("fp32", 1e39)])
def test_overflow_names_value_and_place(name: str, value: float) -> None:
    with pytest.raises(InputError, match=rf"row 0, column 2 is too large for {name}"):
        round_to(row([1.0, 0.0, value]), dtype_by_name(name))


def test_values_that_round_to_zero_vanish() -> None:
    matrix = row([1.0, 1e-9, -1e-9])
    codes, _ = encode_values(matrix, dtype_by_name("fp16"))
    assert codes.tolist() == [0x3C00, 0, 0]
    assert round_to(matrix, dtype_by_name("fp16")).indices.tolist() == [0]


@pytest.mark.parametrize(("name", "values"), [("int8", [-128.0, 127.0, 3.0]), ("int4", [-8.0, 7.0, 1.0])])
def test_small_integers_come_back_exactly(name: str, values: list[float]) -> None:
    codes, header = encode_values(row(values), dtype_by_name(name))
    assert header == {"scale": 1.0}
    assert values_of(codes, dtype_by_name(name), header).tolist() == values


@pytest.mark.parametrize("name", ["int8", "int4"])
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8))
@settings(deadline=None)
def test_integers_err_by_half_a_step_at_most(name: str, values: list[float]) -> None:
    dtype = dtype_by_name(name)
    step = integer_scale(np.array(values), dtype.bits)
    error = np.abs(round_to(row(values), dtype).to_array() - np.array([values]))
    assert error.max() <= step * 0.5000001


def test_smallest_floats_do_not_break_the_scale() -> None:
    assert round_to(row([5e-324, -5e-324]), dtype_by_name("int8")).nnz == 0


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
@given(matrix=sparse_matrices())
@settings(max_examples=20, deadline=None)
def test_codes_fit_their_width(dtype, matrix: SparseMatrix) -> None:
    codes, _ = encode_values(matrix, dtype)
    assert dtype.bits == 64 or not len(codes) or 0 <= codes.min() <= codes.max() < 1 << dtype.bits


def test_unknown_dtype() -> None:
    with pytest.raises(UnknownNameError, match="fp16"):
        dtype_by_name("f16")


@given(matrix=sparse_matrices(), code_bits=st.integers(1, 5))
@settings(deadline=None)
def test_shared_values_keep_positions_and_fit_the_codebook(matrix: SparseMatrix, code_bits: int) -> None:
    shared = share_values(matrix, code_bits)
    assert np.array_equal(shared.indices, matrix.indices)
    assert np.array_equal(shared.indptr, matrix.indptr)
    assert len(np.unique(shared.value_array())) < 2**code_bits


def test_few_values_are_shared_as_they_are() -> None:
    matrix = row([1.0, 2.0, 2.0, 5.0])
    assert share_values(matrix, 2) is matrix


def test_shared_values_are_cluster_means_next_to_their_members() -> None:
    matrix = uniform(30, 40, 0.5, seed=3)
    values, shared = matrix.value_array(), share_values(matrix, 4).value_array()
    centroids = np.unique(shared)
    assert 8 <= len(centroids) <= 15
    assert np.array_equal(shared, centroids[np.abs(values[:, None] - centroids).argmin(axis=1)])
    for centroid in centroids:
        assert centroid == pytest.approx(values[shared == centroid].mean(), rel=1e-4)
    assert np.square(values - shared).sum() < 0.05 * np.square(values).sum()


def test_a_cluster_around_zero_keeps_its_entries() -> None:
    shared = share_values(row([-10.0, -1.0, 1.0, 10.0]), 2)
    assert shared.value_array().tolist() == [-10.0, -1.0, -1.0, 10.0]


@pytest.mark.parametrize("code_bits", [0, 17])
def test_code_bits_out_of_range(code_bits: int) -> None:
    with pytest.raises(InputError, match="code_bits"):
        share_values(row([1.0]), code_bits)
