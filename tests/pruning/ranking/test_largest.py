"""Exact counts, ties and memory of the ranking by magnitude, at sizes where the sample is used."""

import tracemalloc

import numpy as np
import pytest

from sparsesim.pruning import reference
from sparsesim.pruning.ranking import largest as ranking
from tests.pruning.weights import gaussian

SIZE = ranking.SMALL + 1234


def assert_same(parts, keep):
    for mask, expected in zip(ranking.keep_largest(parts, keep), reference.keep_largest(parts, keep), strict=True):
        np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("keep", [1, 2, 1000, SIZE // 10, SIZE // 2, SIZE - 1])
def test_a_large_array_is_ranked_exactly(dtype, keep):
    assert_same([gaussian((SIZE,), dtype=dtype)], keep)


def test_the_bracket_serves_ordinary_weights():
    for keep in (10, SIZE // 10, SIZE // 2, SIZE - 10):
        assert ranking.by_bracket([gaussian((SIZE,))], keep) is not None


@pytest.mark.parametrize("keep", [5, SIZE // 10, SIZE - 5])
def test_repeated_values_fall_back_and_stay_exact(keep):
    quantised = np.round(gaussian((SIZE,)) * 8) / 8
    assert_same([quantised], keep)
    assert_same([np.zeros(SIZE, dtype=np.float32)], keep)
    assert_same([np.where(np.arange(SIZE) % 10 < 8, 0, gaussian((SIZE,)))], keep)


def test_a_periodic_array_that_misleads_the_sample_is_ranked_exactly():
    values = gaussian((SIZE,))
    step = max(1, SIZE // ranking.SAMPLES) | 1
    values[::step] *= 1000
    assert ranking.by_bracket([values], SIZE // 3) is None
    assert_same([values], SIZE // 3)


@pytest.mark.parametrize("keep", [0, 1, SIZE // 7, SIZE + 500])
def test_several_arrays_are_ranked_together(keep):
    assert_same([gaussian((500,), 1), gaussian((SIZE,), 2) * 0.1, np.empty(0, np.float32)], keep)


def test_arrays_of_different_precision_are_ranked_by_value():
    narrow, wide = np.array([1, 3], np.float32), np.array([2, 1 + 1e-12])
    first, second = ranking.keep_largest([narrow, wide], 3)
    assert first.tolist() == [False, True]
    assert second.tolist() == [True, True]


def test_the_sign_of_zero_does_not_rank():
    (mask,) = ranking.keep_largest([np.array([-0.0, 0.0, -0.0], np.float32)], 2)
    assert mask.tolist() == [True, True, False]


def test_no_temporary_of_the_size_of_the_weights():
    values = gaussian((4_000_000,))
    ranking.keep_largest([values[:SIZE]], 100)
    for array in (values, np.round(values * 4)):
        tracemalloc.start()
        ranking.keep_largest([array], 400_000)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak_bytes < array.size * 1.5 + 3e6  # the mask, the values inside the bracket, sample and histogram
