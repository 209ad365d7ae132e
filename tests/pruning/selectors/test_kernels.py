"""Thresholds and deviations in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.pruning.selectors.by_sigma import sigma
from sparsesim.pruning.selectors.kernels import mark_above
from tests.pruning.weights import matrices, vectors


@settings(max_examples=40, deadline=None)
@given(vectors, st.floats(0, 4))
def test_mark_above_compares_in_float64(values, threshold):
    mask = np.empty(values.size, dtype=np.bool_)
    mark_above(values, threshold, mask)
    np.testing.assert_array_equal(mask, np.abs(values.astype(np.float64)) > threshold)


@settings(max_examples=40, deadline=None)
@given(matrices)
def test_sigma_is_the_population_standard_deviation(matrix):
    expected = matrix.std(dtype=np.float64) if matrix.size else 0.0
    assert sigma(matrix) == pytest.approx(expected, rel=1e-12, abs=1e-15)
