"""Quantisation: zeros stay zero, errors stay within half a step, sizes count every byte."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.dtypes import dtype_by_name
from sparsesim.errors import InputError
from sparsesim.formats import round_to
from sparsesim.tensors import SparseMatrix
from sparsesim.transforms.quantise import QUANTISED_TYPES, quantise
from tests.strategies import dense_arrays

INTEGERS = ("int8", "int4")
kinds = st.sampled_from(QUANTISED_TYPES)
pers = st.sampled_from(("tensor", "channel"))


def gaussian(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@settings(max_examples=80, deadline=None)
@given(dense_arrays(), kinds, pers, st.booleans())
def test_zeros_stay_zero_and_errors_are_measured(weight, kind, per, symmetric):
    found = quantise(weight, kind, per, symmetric)
    back = found.dequantised()
    assert back.dtype == np.float32
    assert back.shape == weight.shape
    assert (back[weight == 0] == 0).all()
    error = np.abs(weight.astype(np.float32).astype(np.float64) - back)
    assert found.max_error == pytest.approx(error.max(initial=0))
    assert (found.sqnr_db == math.inf) == (not error.any())


@settings(max_examples=80, deadline=None)
@given(dense_arrays(), st.sampled_from(INTEGERS), pers, st.booleans())
def test_an_integer_is_off_by_half_a_step_at_most(weight, kind, per, symmetric):
    found = quantise(weight, kind, per, symmetric)
    # A whole step with zero points: rounding them moves the range by half a step.
    steps = 0.5 if symmetric else 1.0
    error = np.abs(weight.astype(np.float32) - found.dequantised().astype(np.float64))
    assert (error <= found.scale * (steps + 1e-3)).all()
    half = 8 if kind == "int4" else 128
    assert found.values.dtype == np.int8
    assert found.values.size == 0 or (found.values.min() >= -half and found.values.max() < half)


@settings(max_examples=80, deadline=None)
@given(dense_arrays(), st.sampled_from(("fp16", "bf16")))
def test_floats_are_rounded_as_the_formats_round(weight, kind):
    matrix = SparseMatrix.from_dense(weight.astype(np.float32))
    expected = round_to(matrix, dtype_by_name(kind)).to_array()
    np.testing.assert_array_equal(quantise(weight, kind).dequantised(), expected)


def test_symmetric_integers_by_hand():
    found = quantise(np.array([[1.27, -0.5, 0.004], [0, 2.54, 0.03]]), "int8", per="tensor")
    assert found.values.tolist() == [[64, -25, 0], [0, 127, 2]]
    assert found.scale.item() == pytest.approx(0.02)
    found = quantise(np.array([[1.27, -0.5, 0.004], [0, 2.54, 0.03]]), "int8", per="channel")
    assert found.values.tolist() == [[127, -50, 0], [0, 127, 2]]
    assert found.size_bytes == 6 + 2 * 4


def test_zero_points_use_the_whole_range():
    weight = np.array([[-0.5, 0, 2.05]])
    found = quantise(weight, "int8", per="tensor", symmetric=False)
    assert (found.values.min(), found.values.max()) == (-128, 127)
    assert found.values[0, 1] == found.zero_point.item() == -78
    assert found.size_bytes == 3 + 4 + 1
    one_sided = np.abs(gaussian((40, 40)))
    assert quantise(one_sided, symmetric=False).sqnr_db > quantise(one_sided).sqnr_db + 5


def test_sizes_of_all_types():
    weight = gaussian((8, 3, 3, 3))
    sizes = {kind: quantise(weight, kind, "channel").size_bytes for kind in QUANTISED_TYPES}
    assert sizes == {"int8": 216 + 32, "int4": 108 + 32, "fp16": 432, "bf16": 432}


def test_a_scale_per_channel_loses_less_and_follows_the_axis():
    weight = gaussian((6, 5, 3, 3)) * np.logspace(0, 2, 5)[None, :, None, None]
    tensor, rows, columns = (quantise(weight, per=per, axis=axis) for per, axis in
                             (("tensor", 0), ("channel", 0), ("channel", 1)))  # fmt: skip
    assert columns.scale.shape == (1, 5, 1, 1)
    assert rows.scale.shape == (6, 1, 1, 1)
    relative = [(np.abs(weight - q.dequantised()) / np.abs(weight)).mean() for q in (tensor, rows, columns)]
    assert relative[2] < relative[1] / 5
    assert relative[2] < relative[0] / 5


def test_noise_of_eight_bits_is_that_of_rounding():
    # Uniform over the whole range: SQNR is 20 log10 of the number of steps (W. Bennett, 1948).
    weight = np.random.default_rng(1).uniform(-1, 1, 200_000)
    assert quantise(weight, "int8").sqnr_db == pytest.approx(20 * math.log10(254), abs=0.1)
    assert quantise(weight, "int4").sqnr_db == pytest.approx(20 * math.log10(14), abs=0.3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dtype": "int9"}, "unknown quantisation 'int9'"),
        ({"per": "row"}, "unknown per 'row'"),
        ({"per": "channel", "axis": 2}, "axis is 2, the weight has 2 dimensions"),
        ({"weight": np.array([[1e6]]), "dtype": "fp16"}, "1000000.0 is too large for fp16"),
        ({"weight": np.array([[np.nan]])}, "holds NaN"),
        ({"weight": np.array([[1]])}, "expected floating-point"),
    ],
)
def test_bad_requests_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        quantise(**({"weight": np.ones((2, 2))} | arguments))
