"""Numbers from outside: every value arrives as it is, or is refused by name."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sparsesim.errors import InputError
from sparsesim.tensors import DenseMatrix, SparseMatrix, as_tensor
from sparsesim.tensors.conversions import checked_shape, float_type, index_array, real_values

NUMBERS = ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "g")
dtypes = st.sampled_from([order + code for code in NUMBERS for order in "<>"])


@given(array=dtypes.flatmap(lambda code: hnp.arrays(np.dtype(code), st.tuples(st.integers(0, 4), st.integers(0, 5)))))
@settings(max_examples=300, deadline=None)
def test_every_number_arrives_as_it_is_or_is_refused(array: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        wide = array.astype(np.float64)
    exact = np.isfinite(wide).all() and all(
        int(float(value)) == int(value) if array.dtype.kind in "iu" else float(value) == value for value in array.flat
    )
    if not exact:
        with pytest.raises(InputError, match=r"is not finite|is no float64 number"):
            as_tensor(array)
        return
    matrix = as_tensor(array)
    kept = matrix.to_array()
    assert kept.dtype in (np.dtype("=f4"), np.dtype("=f8"))
    assert [float(value) for value in kept.flat] == [float(value) for value in array.flat]
    if array.dtype.kind in "iu":
        assert [int(value) for value in kept.flat] == [int(value) for value in array.flat]


@pytest.mark.parametrize("code", [">f8", "<f8", "=f8"])
def test_the_order_of_bytes_does_not_show(code: str) -> None:
    for values in ([[1 / 3, 0.0]], [[1 / 3, 2.0]]):
        kept = as_tensor(np.array(values, code)).to_array()
        assert kept.dtype == np.float64
        assert kept.dtype.isnative
        assert kept.tolist() == values


def test_long_doubles_are_kept_where_float64_holds_them() -> None:
    half = np.array([[0.5, 0.0]], np.longdouble)
    assert SparseMatrix.from_dense(half).value_array().dtype == np.float64
    third = np.longdouble(1) / 3
    if np.finfo(np.longdouble).nmant > 52:
        with pytest.raises(InputError, match=r"value 0\.3333.* of type .*float.* is no float64 number"):
            SparseMatrix.from_dense(np.array([[third, 0.0]]))
    if np.finfo(np.longdouble).maxexp > 1024:
        for value in (np.longdouble(10) ** 400, np.longdouble(10) ** -400):
            with pytest.raises(InputError, match="is no float64 number"):
                SparseMatrix.from_dense(np.array([[value, 0.0]]))


@pytest.mark.parametrize("code", ["i8", "u8"])
def test_long_integers_that_float64_does_not_hold_are_refused(code: str) -> None:
    good = np.array([[2**53, 2**62, 0]], code)
    assert [int(value) for value in as_tensor(good).to_array()[0]] == [2**53, 2**62, 0]
    for bad in (2**53 + 1, np.iinfo(code).max):
        with pytest.raises(InputError, match=rf"value {bad} of type u?int64 is no float64 number"):
            as_tensor(np.array([[0, bad]], code))


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ([[1.0], [1.0, 2.0]], "not an array of numbers"),
        ([[2**70]], "values of type object cannot be used"),
        ([["a"]], "values of type <U1 cannot be used"),
        ([[1j]], "values of type complex128 cannot be used"),
        (np.array([[None]]), "values of type object"),
        (np.array([["2020-01-01"]], "M8[D]"), r"values of type datetime64\[D\]"),
        (np.ma.array([[1.0, 2.0]], mask=[[True, False]]), "a masked array hides entries"),
        ([1.0, 2.0], "2 dimensions"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_one_line(given_: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        as_tensor(given_)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_other_kinds_of_arrays_count_as_they_print() -> None:
    assert as_tensor(np.matrix([[1, 0], [2, 3]])).to_array().tolist() == [[1, 0], [2, 3]]
    assert as_tensor(np.ma.array([[1.0, 0.0]], mask=False)).to_array().tolist() == [[1, 0]]


def test_a_dense_matrix_of_narrow_integers_does_not_wrap() -> None:
    values = np.array([[100, 100]], np.int8)
    product = as_tensor(values).to_array() @ as_tensor(values.T).to_array()
    assert product.tolist() == [[20000]]
    assert DenseMatrix((1, 2), values).to_array().dtype == np.float32


def test_only_one_place_chooses_between_float32_and_float64() -> None:
    kept = {code: str(float_type(np.dtype(code))) for code in NUMBERS}
    narrow = {"?", "i1", "u1", "i2", "u2", "f2", "f4"}
    assert {code for code, name in kept.items() if name == "float32"} == narrow
    array = np.ones((2, 2), np.float32)
    assert real_values(array) is array


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([0.0, 1.0], "rows is of type float64"),
        ([True], "rows is of type bool"),
        ([[0]], "rows has 2 dimensions"),
        ([2**63], "rows holds 9223372036854775808"),
        ([2**64], "rows is of type object"),
        (["1"], "rows is of type <U1"),
    ],
)
def test_positions_are_whole_numbers_of_64_bits(positions: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        index_array(positions, "rows")


@pytest.mark.parametrize("shape", [(2.0, 3), (2,), (1, 2, 3), 5, ("2", 3), None])
def test_sides_are_two_whole_numbers(shape: object) -> None:
    with pytest.raises(InputError, match="two whole numbers are needed"):
        checked_shape(shape)


def test_matrices_have_positions_that_can_be_counted() -> None:
    assert checked_shape((2**31, 2**31)) == (2**31, 2**31)
    assert checked_shape((np.int64(2), np.uint8(3))) == (2, 3)
    for make in (checked_shape, DenseMatrix, lambda shape: SparseMatrix.from_coo(shape, [], [])):
        with pytest.raises(InputError, match=r"positions of a matrix: 2147483649 x 2147483648 is more than"):
            make((2**31 + 1, 2**31))
        with pytest.raises(InputError, match=r"is more than the 4.61e\+18"):
            make((0, 10**30))
        with pytest.raises(InputError, match="negative side"):
            make((-1, 3))
