"""Number types: what they hold and what sums their products."""

import numpy as np
import pytest

from sparsesim.dtypes import ACCUMULATOR_BITS, ACCUMULATORS, DTYPES, dtype_by_name, round_float
from sparsesim.errors import UnknownNameError

FLOATS = [dtype for dtype in DTYPES.values() if dtype.kind == "float"]
every_float = pytest.mark.parametrize("dtype", FLOATS, ids=str)


def test_every_type_is_summed_in_a_known_one_that_is_no_narrower():
    assert list(ACCUMULATORS) == list(DTYPES)
    for name, accumulator in ACCUMULATORS.items():
        assert ACCUMULATOR_BITS[accumulator] >= DTYPES[name].bits


def test_what_sums_are_kept_in_can_be_written_out():
    assert {accumulator: DTYPES[accumulator].bits for accumulator in ACCUMULATOR_BITS} == ACCUMULATOR_BITS


def test_names_read_back_and_an_unknown_one_is_refused():
    assert all(dtype_by_name(name).name == name for name in DTYPES)
    assert dtype_by_name("fp8-e4m3") is DTYPES["fp8"]
    with pytest.raises(UnknownNameError, match="unknown number type 'fp12'"):
        dtype_by_name("fp12")


@every_float
def test_what_is_rounded_once_stays(dtype):
    values = np.random.default_rng(0).standard_normal(2000) * 2.0 ** np.arange(-12, 8).repeat(100)
    rounded = round_float(values, dtype)
    assert rounded.dtype == dtype.container
    np.testing.assert_array_equal(round_float(rounded, dtype), rounded)
    # Half of the last fraction bit, of numbers that the type does not round to its subnormal ones.
    normal = np.abs(values) > 2.0**-6
    error = np.abs(rounded.astype(np.float64) - values)[normal] / np.abs(values[normal])
    assert error.max() <= 2.0 ** -(dtype.fraction_bits + 1)


@every_float
def test_zeros_keep_their_sign_and_halves_go_to_even(dtype):
    step = 2.0**-dtype.fraction_bits
    assert np.signbit(round_float(np.array([-0.0, 0.0]), dtype)).tolist() == [True, False]
    if dtype.name != "fp64":
        assert round_float(np.array([1 + step / 2, 1 + 3 * step / 2]), dtype).tolist() == [1, 1 + 2 * step]


@every_float
def test_what_is_too_large_becomes_infinity_or_the_largest_number(dtype):
    if dtype.name != "fp64":
        expected = dtype.largest if dtype.largest is not None else np.inf
        assert round_float(np.array([1e39, -1e39]), dtype).tolist() == [expected, -expected]
